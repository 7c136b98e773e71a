import { Inject, Injectable } from '@nestjs/common';
import { systemCtx } from '@leadwire/kernel';
import { TenantTransaction } from '@leadwire/persistence';
import { LOGGER, type Logger } from '@leadwire/platform';
import { RENEW_LEASES } from './claims.queries.js';
import type { ClaimedMail } from './mail.js';
import type { UnderWay } from './room.js';

/** How long a claimed mail is nobody else's business; after a crash its recovery waits that long. */
export const LEASE_MS = 15_000;
const RENEW_EVERY_MS = 4_000;
/** Kept back from the lease, so that clocks that run unevenly cannot make two owners of one mail. */
const SAFETY_MS = 2_000;

/**
 * The mails that this process has under way. Their leases are renewed while it can reach the database; when it cannot, they
 * end, and {@link ClaimedMail.leaseUntil} keeps what has not left by then from leaving at all.
 */
@Injectable()
export class Leases {
  private readonly mails = new Set<ClaimedMail>();
  private readonly enrolments = new Set<string>();
  private readonly perAccount = new Map<string, number>();
  private readonly perTenant = new Map<string, number>();
  private timer?: NodeJS.Timeout;

  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.renew(), RENEW_EVERY_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  add(mails: readonly ClaimedMail[]): void {
    for (const mail of mails) {
      mail.leaseUntil -= SAFETY_MS;
      this.mails.add(mail);
      this.enrolments.add(mail.enrolmentId);
      mail.journal?.claimed();
      count(this.perAccount, mail.accountId, 1);
      count(this.perTenant, mail.tenantId, 1);
    }
  }

  /** The database knows the mail's outcome. */
  remove(mail: ClaimedMail): void {
    if (!this.mails.delete(mail)) return;
    this.enrolments.delete(mail.enrolmentId);
    mail.journal?.settled();
    count(this.perAccount, mail.accountId, -1);
    count(this.perTenant, mail.tenantId, -1);
  }

  /** Tenants that have mails under way here. */
  tenants(): string[] {
    return [...this.perTenant.keys()];
  }

  /** Campaigns that have mails under way here, by their tenant. */
  campaigns(): Map<string, string[]> {
    const byTenant = Map.groupBy(this.mails, ({ tenantId }) => tenantId);
    const idsOf = (mails: ClaimedMail[]) => [...new Set(mails.map(({ campaignId }) => campaignId))];
    return new Map([...byTenant].map(([tenantId, mails]) => [tenantId, idsOf(mails)]));
  }

  /** Lets none of these mails leave that has not left yet: to the sender, they are another's from now on. */
  forfeit(isOne: (mail: ClaimedMail) => boolean): void {
    for (const mail of this.mails) if (isOne(mail)) mail.leaseUntil = 0;
  }

  /** Whether an enrolment's mail is under way here, or its outcome is yet to be written down. */
  holds(enrolmentId: string): boolean {
    return this.enrolments.has(enrolmentId);
  }

  /** The enrolments of a tenant that {@link holds} is true of. */
  enrolmentsOf(tenantId: string): string[] {
    return [...this.mails].filter((mail) => mail.tenantId === tenantId).map(({ enrolmentId }) => enrolmentId);
  }

  countOf(accountId: string): number {
    return this.perAccount.get(accountId) ?? 0;
  }

  underWay(tenantId: string, accountId: string): UnderWay {
    return {
      all: this.mails.size,
      ofTenant: this.perTenant.get(tenantId) ?? 0,
      ofAccount: this.countOf(accountId),
    };
  }

  private async renew(): Promise<void> {
    const byTenant = Map.groupBy(this.mails, (mail) => mail.tenantId);
    for (const [tenantId, mails] of byTenant) {
      const until = performance.now() + LEASE_MS - SAFETY_MS;
      const journals = [...new Set(mails.map((mail) => mail.journalId))];
      try {
        await this.tenant.run(systemCtx(tenantId), (db) =>
          db.execute(RENEW_LEASES, [tenantId, journals, LEASE_MS / 1000]),
        );
        for (const mail of mails) if (performance.now() < mail.leaseUntil) mail.leaseUntil = until;
      } catch (error) {
        this.logger.warn({ err: error, tenantId }, 'leases could not be renewed');
      }
    }
  }
}

function count(counts: Map<string, number>, id: string, by: number): void {
  const now = (counts.get(id) ?? 0) + by;
  if (now > 0) counts.set(id, now);
  else counts.delete(id);
}
