import { SystemClock, type Clock } from '@leadwire/kernel';
import { TenantTransaction } from '@leadwire/persistence';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { Charging } from '../usage/charging.js';
import { PostingQueue } from './posting-queue.js';
import { WalletLock } from './wallet-lock.js';

const POOL_MAX = 10;

export type Postings = {
  tenant: TenantTransaction;
  wallets: WalletLock;
  charging: Charging;
  queue: PostingQueue;
  close: () => Promise<void>;
};

/** The posting core without the service around it: what model and bench drive, with the connections that the service has. */
export async function openPostings(
  databaseUrl: string,
  { clock = new SystemClock(), trialCredit = '0' }: { clock?: Clock; trialCredit?: string } = {},
): Promise<Postings> {
  const dataSource = new DataSource({
    type: 'postgres',
    url: databaseUrl,
    schema: 'billing',
    installExtensions: false,
    extra: { max: POOL_MAX, pipeline: true },
  });
  await dataSource.initialize();
  const tenant = new TenantTransaction(dataSource, new pg.Pool({ connectionString: databaseUrl }), {
    nudge: () => undefined,
  });
  const config = { CURRENCY: 'USD', TRIAL_CREDIT: trialCredit, LOW_BALANCE_THRESHOLD: '0' };
  const wallets = new WalletLock(config as ConstructorParameters<typeof WalletLock>[0], clock);
  const charging = new Charging(clock);
  const queue = new PostingQueue(tenant, wallets, charging, clock);
  const close = async (): Promise<void> => {
    await queue.beforeApplicationShutdown();
    await dataSource.destroy();
  };
  return { tenant, wallets, charging, queue, close };
}
