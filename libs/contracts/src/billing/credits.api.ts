import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Bool, DecimalText, Int, OneOf, Text, Timestamp, Uuid } from '../define/fields.js';
import { pageOf, PageRequest, type Page } from '../define/page.js';
import { TenantRef } from '../identity/tenants.api.js';
import { CREDIT_SOURCES, type CreditSource } from './ledger.api.js';

export const CREDIT_LOT_STATUSES = ['open', 'spent', 'expired'] as const;
export type CreditLotStatus = (typeof CREDIT_LOT_STATUSES)[number];
/** The most that one posting of an operator gives or takes. */
export const CREDIT_MAX = '1000000';
const PRIORITY = { min: 0, max: 100 };

export class ListCreditLots extends PageRequest {
  @Bool({ optional: true, description: 'true: only what can still be spent.' })
  open?: boolean;
}

/** Money by where it came from. What is spent is taken by priority, then what ends first, then what came first. */
export class CreditLot {
  @Uuid({ description: 'That of the posting that added it.' })
  id!: string;

  @OneOf(CREDIT_SOURCES)
  source!: CreditSource;

  @Int({ ...PRIORITY, description: 'Lower goes first.' })
  priority!: number;

  @OneOf(CREDIT_LOT_STATUSES)
  status!: CreditLotStatus;

  @DecimalText()
  granted!: string;

  @DecimalText()
  spent!: string;

  @DecimalText({ description: 'What was left when it ended.' })
  expired!: string;

  @DecimalText()
  remaining!: string;

  @Timestamp({ nullable: true, description: 'What is left then is gone; null: never.' })
  expiresAt!: string | null;

  @Text({ max: 500, nullable: true, description: 'What for.' })
  description!: string | null;

  @Timestamp()
  createdAt!: string;
}

export interface CreditsApi {
  /** What the money in the wallet is made of, newest first. */
  list(ctx: Ctx, input: ListCreditLots): Promise<Page<CreditLot>>;
}
export const creditsApi = defineApi<CreditsApi>('billing.credits', {
  list: { input: ListCreditLots, output: pageOf(CreditLot), can: 'billing.read', idempotent: true },
});

const KEY = { min: 1, max: 200, description: 'The same key and input has one effect, for ever.' };

export class GrantCredit extends TenantRef {
  @Text(KEY)
  key!: string;

  @DecimalText({ description: `More than 0, at most ${CREDIT_MAX}.` })
  amount!: string;

  @OneOf(['granted', 'promotional'])
  source!: 'granted' | 'promotional';

  @Int({ ...PRIORITY, optional: true, description: 'Lower goes first; 20 for promotional, 30 for granted.' })
  priority?: number;

  @Timestamp({ optional: true, description: 'What is left then is gone.' })
  expiresAt?: string;

  @Text({ min: 1, max: 500, pattern: /\S/, description: 'Shown in the ledger.' })
  reason!: string;
}

export class AdjustWallet extends TenantRef {
  @Text(KEY)
  key!: string;

  @DecimalText({ signed: true, description: `Not 0, at most ${CREDIT_MAX} in either direction.` })
  amount!: string;

  @Text({ min: 1, max: 500, pattern: /\S/, description: 'Shown in the ledger.' })
  reason!: string;
}

export class CreditPosted {
  @Uuid()
  ledgerTransactionId!: string;

  @Bool({ description: 'Whether the key had been posted before; nothing happened now.' })
  repeated!: boolean;

  @DecimalText({ description: 'Balance of the wallet after it.' })
  balance!: string;
}

/** What only those may ask who run the platform; no route leads here. */
export interface CreditOperatorsApi {
  /**
   * Adds credit that nobody paid for.
   * @throws AppError `wallet.not_found` | `wallet.frozen` | `wallet.full` | `credit.key_reused` | `request.invalid`
   */
  grant(ctx: Ctx, input: GrantCredit): Promise<CreditPosted>;
  /** Corrects the balance. @throws AppError as {@link grant}, `credit.insufficient` */
  adjust(ctx: Ctx, input: AdjustWallet): Promise<CreditPosted>;
}
export const creditOperatorsApi = defineApi<CreditOperatorsApi>('billing.credit-operators', {
  grant: { input: GrantCredit, output: CreditPosted, can: 'system', idempotent: true },
  adjust: { input: AdjustWallet, output: CreditPosted, can: 'system', idempotent: true },
});
