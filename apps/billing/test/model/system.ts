import assert from 'node:assert/strict';
import { Clock } from '@leadwire/kernel';
import { PostgresProxy, type CommitFault } from '@leadwire/testing';
import type { Postings } from '../../src/ledger/open-postings.js';

/** What a run needs of billing: its sources in a test, what was built of them in a command. */
export type Billing = {
  openPostings: (databaseUrl: string, options: { clock: Clock }) => Promise<Postings>;
} & Pick<typeof import('../../src/audit/invariants.js'), 'violationsOf'> &
  Pick<typeof import('../../src/wallets/freezing.js'), 'freezeWallet' | 'unfreezeWallet'> &
  Pick<typeof import('../../src/wallets/suspensions.js'), 'setSuspended'> &
  Pick<typeof import('../../src/wallets/closing.js'), 'closeWallets'> &
  Pick<typeof import('../../src/usage/corrections.js'), 'quotaTimesOf' | 'overageAfter'>;

export type Replica = 0 | 1;
export const STARTS_AT = Date.UTC(2026, 5, 27);

/** Time that only a run moves, in any direction. */
export class ModelClock extends Clock {
  nowMs = STARTS_AT;

  now(): Date {
    return new Date(this.nowMs);
  }
}

/** Two replicas of the posting core on one database, each behind a proxy that can lose its commits. */
export class System {
  readonly billing: Billing;
  readonly clock: ModelClock;
  readonly replicas: readonly [Postings, Postings];
  readonly proxies: readonly [PostgresProxy, PostgresProxy];

  private constructor(
    billing: Billing,
    clock: ModelClock,
    replicas: readonly [Postings, Postings],
    proxies: readonly [PostgresProxy, PostgresProxy],
  ) {
    this.billing = billing;
    this.clock = clock;
    this.replicas = replicas;
    this.proxies = proxies;
  }

  /** @param databaseUrl of a migrated database, as the service's own role */
  static async open(billing: Billing, databaseUrl: string): Promise<System> {
    const clock = new ModelClock();
    const replica = async (proxy: PostgresProxy) => billing.openPostings(proxy.url(databaseUrl), { clock });
    const proxies = [await PostgresProxy.start(databaseUrl), await PostgresProxy.start(databaseUrl)] as const;
    const replicas = [await replica(proxies[0]), await replica(proxies[1])] as const;
    return new System(billing, clock, replicas, proxies);
  }

  /** Does some work that commits, and loses that commit. */
  async breaking(replica: Replica, fault: CommitFault, work: () => Promise<unknown>): Promise<void> {
    const proxy = this.proxies[replica];
    proxy.breakNextCommit(fault);
    await assert.rejects(work, { code: 'request.unavailable' });
    assert.equal(proxy.calmDown(), false, 'there was a commit to break');
  }

  async close(): Promise<void> {
    for (const replica of this.replicas) await replica.close();
    for (const proxy of this.proxies) await proxy.close();
  }
}
