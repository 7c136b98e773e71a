import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Door } from '../../../tools/operator/door.ts';
import { askAsOperator, OPERATOR_KEY } from '../../../tools/operator/rpc.ts';
import { startPlatform, type Platform } from '../../../tools/start/platform.ts';
import type { PlatformOptions } from '../../../tools/start/platform-options.ts';

/** A whole Leadwire of a spec's own: own ports, own data, gone afterwards. */
export async function startInstance(options: Partial<PlatformOptions> = {}): Promise<Platform> {
  const dataDir = mkdtempSync(join(tmpdir(), 'leadwire-e2e-'));
  // As root, Postgres runs as another user, who must be able to pass through.
  chmodSync(dataDir, 0o711);
  return startPlatform({ dataDir, quiet: true, env: { LOG_LEVEL: 'warn' }, ...options });
}

export async function endInstance(platform: Platform | undefined): Promise<void> {
  await platform?.stop();
  platform?.removeData();
}

/** Does what an operator's command does, on this instance. */
export function asOperator<T>({ urls, secrets }: Platform, work: (door: Door) => Promise<T>): Promise<T> {
  return askAsOperator({ natsUrl: urls.nats, key: Buffer.from(secrets.key(OPERATOR_KEY), 'base64') }, work);
}
