import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNats, type NatsServer } from '../infra/nats.ts';
import { startPostgres, type PostgresServer } from '../infra/postgres.ts';

export type Infrastructure = {
  postgres: PostgresServer;
  nats: NatsServer;
  dir: string;
  stop: () => Promise<void>;
};

/** Postgres and NATS of the bench's own, with the durability that production has. */
export async function startInfrastructure(): Promise<Infrastructure> {
  const dir = mkdtempSync(join(tmpdir(), 'leadwire-bench-'));
  // As root, Postgres runs as another user, who must be able to pass through.
  chmodSync(dir, 0o711);
  mkdirSync(join(dir, 'logs'));
  const [postgres, nats] = await Promise.all([
    startPostgres({ dir: join(dir, 'postgres'), logFile: join(dir, 'logs', 'postgres.log') }),
    startNats({ dir: join(dir, 'nats'), logFile: join(dir, 'logs', 'nats.log') }),
  ]);
  const stop = async (): Promise<void> => {
    await nats.stop();
    await postgres.stop();
    postgres.removeData();
    rmSync(dir, { recursive: true, force: true });
  };
  return { postgres, nats, dir, stop };
}
