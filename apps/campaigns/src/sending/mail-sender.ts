import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '@leadwire/kernel';
import { CONFIG } from '@leadwire/platform';
import type { MailServer } from '../accounts/mail-server.js';
import type { CampaignsConfig } from '../campaigns.config.js';
import { Completions } from './completions.js';
import { Leases } from './leases.js';
import type { ClaimedMail } from './mail.js';
import { SendJournal } from './send-journal.js';
import { SmtpLanes } from './smtp-lanes.js';

type Account = { key: string; lanes: SmtpLanes };

const ACCOUNTS_KEPT_MAX = 500;

/** Sends claimed mails: connections per account, the journal, and the way of every outcome to the database. */
@Injectable()
export class MailSender {
  private readonly accounts = new Map<string, Account>();
  private current: SendJournal | undefined;

  constructor(
    @Inject(Completions) private readonly completions: Completions,
    @Inject(Leases) private readonly leases: Leases,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: CampaignsConfig,
  ) {}

  /** The journal to claim under. */
  journal(): SendJournal {
    if (this.current?.full) {
      this.current.retire();
      this.current = undefined;
    }
    return (this.current ??= new SendJournal(this.config.SEND_JOURNAL_DIR));
  }

  submit(server: MailServer, mails: ClaimedMail[]): void {
    const [first] = mails;
    if (!first) return;
    this.leases.add(mails);
    this.lanesOf(first.accountId, server).submit(mails);
  }

  /** Lets mails under way end, gives back the others, and writes down all outcomes. */
  async stop(deadlineMs: number): Promise<void> {
    await Promise.race([
      Promise.all([...this.accounts.values()].map(({ lanes }) => lanes.stop())),
      new Promise((resolve) => setTimeout(resolve, deadlineMs).unref()),
    ]);
    await this.completions.flush(deadlineMs);
    this.current?.retire();
  }

  private lanesOf(accountId: string, server: MailServer): SmtpLanes {
    const key = JSON.stringify(server);
    const known = this.accounts.get(accountId);
    if (known?.key === key) return known.lanes;
    void known?.lanes.stop();
    if (this.accounts.size >= ACCOUNTS_KEPT_MAX) this.forgetIdle();
    const lanes = new SmtpLanes({
      server,
      allowPrivate: this.config.OUTBOUND_ALLOW_PRIVATE,
      connectionsMax: this.config.SMTP_CONNECTIONS_MAX,
      now: () => this.clock.now(),
      done: (mail, outcome) => this.completions.record(mail, outcome),
    });
    this.accounts.set(accountId, { key, lanes });
    return lanes;
  }

  private forgetIdle(): void {
    for (const [accountId, { lanes }] of this.accounts) {
      if (this.leases.countOf(accountId) > 0) continue;
      void lanes.stop();
      this.accounts.delete(accountId);
    }
  }
}
