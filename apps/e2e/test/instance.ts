import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
