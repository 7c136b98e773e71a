import { Inject } from '@nestjs/common';
import {
  AutoTopUpDeclined,
  CreditNoteIssued,
  InvoiceIssued,
  InvoicePaid,
  InvoiceReminded,
  InvoiceVoided,
  LowBalanceReached,
  TopUpReversed,
  WalletFrozen,
  WalletUnfrozen,
  type EventOf,
} from '@leadwire/contracts';
import { Consumes, On } from '@leadwire/messaging';
import type { TenantDb } from '@leadwire/persistence';
import type { Attachment } from '../delivery/deliveries.js';
import { TeamMails } from './team-mails.js';

/** Mails a team's owners what they must know of its money: each fact once, for its inbox row and its mails commit together. */
@Consumes('identity__billing-notices')
export class BillingNotices {
  constructor(@Inject(TeamMails) private readonly team: TeamMails) {}

  @On(InvoiceIssued)
  invoiceIssued({ data }: EventOf<typeof InvoiceIssued>, db: TenantDb): Promise<void> {
    return this.team.tell(db, { template: 'invoice-issued', data, attachments: [pdf(data)] });
  }

  @On(InvoicePaid)
  invoicePaid({ data }: EventOf<typeof InvoicePaid>, db: TenantDb): Promise<void> {
    return this.team.tell(db, { template: 'invoice-paid', data });
  }

  @On(InvoiceReminded)
  invoiceReminded({ data }: EventOf<typeof InvoiceReminded>, db: TenantDb): Promise<void> {
    return this.team.tell(db, { template: 'invoice-reminded', data });
  }

  @On(InvoiceVoided)
  invoiceVoided({ data }: EventOf<typeof InvoiceVoided>, db: TenantDb): Promise<void> {
    return this.team.tell(db, { template: 'invoice-voided', data });
  }

  @On(CreditNoteIssued)
  creditNoteIssued({ data }: EventOf<typeof CreditNoteIssued>, db: TenantDb): Promise<void> {
    return this.team.tell(db, { template: 'credit-note-issued', data, attachments: [pdf(data)] });
  }

  @On(AutoTopUpDeclined)
  autoTopUpDeclined({ data }: EventOf<typeof AutoTopUpDeclined>, db: TenantDb): Promise<void> {
    return this.team.tell(db, { template: 'auto-top-up-declined', data });
  }

  @On(TopUpReversed)
  topUpReversed({ data }: EventOf<typeof TopUpReversed>, db: TenantDb): Promise<void> {
    return this.team.tell(db, { template: 'payment-reversed', data });
  }

  @On(LowBalanceReached)
  lowBalanceReached({ data }: EventOf<typeof LowBalanceReached>, db: TenantDb): Promise<void> {
    return this.team.tell(db, { template: 'low-balance', data });
  }

  @On(WalletFrozen)
  walletFrozen({ data }: EventOf<typeof WalletFrozen>, db: TenantDb): Promise<void> {
    return this.team.tell(db, { template: 'wallet-frozen', data });
  }

  @On(WalletUnfrozen)
  walletUnfrozen(_: EventOf<typeof WalletUnfrozen>, db: TenantDb): Promise<void> {
    return this.team.tell(db, { template: 'wallet-unfrozen', data: {} });
  }
}

function pdf({ document, number }: { document: string; number: string }): Attachment {
  return { objectKey: document, filename: `${number}.pdf`, contentType: 'application/pdf' };
}
