import { join } from 'node:path';
import { runLogged } from '../infra/commands.ts';
import { readJson } from '../infra/files.ts';
import { defaultDataDir, toolLog } from '../infra/paths.ts';
import { runningInstance } from '../start/local-instance.ts';
import type { Door } from './door.ts';

/** The name under which the services know an operator's command, and the key of `secrets.json` that it signs with. */
export const OPERATOR = 'operator';
export const OPERATOR_KEY = `ctx.${OPERATOR}`;
const KEY_BYTES = 32;

export type OperatorTarget = { natsUrl: string; key: Buffer };

/**
 * The instance of this checkout, or the one that NATS_URL and OPERATOR_KEY name.
 * @throws Error with the fix
 */
export function operatorTarget(): OperatorTarget {
  const dataDir = defaultDataDir();
  const natsUrl = process.env.NATS_URL ?? runningInstance(dataDir)?.urls?.nats;
  const secret =
    process.env.OPERATOR_KEY ??
    readJson<Record<string, string>>(join(dataDir, 'secrets.json'))?.[OPERATOR_KEY];
  if (!natsUrl || !secret)
    throw new Error(
      'No running instance. fix: "npm start", or set NATS_URL and OPERATOR_KEY (the key that the services trust as "operator").',
    );
  const key = Buffer.from(secret, 'base64');
  if (key.length !== KEY_BYTES) throw new Error(`OPERATOR_KEY is the base64 of ${KEY_BYTES} bytes.`);
  return { natsUrl, key };
}

/** Builds what a command runs on. */
export async function buildForOperator(): Promise<void> {
  await runLogged('nx', ['run-many', '-t', 'build'], { logFile: toolLog('build.log') });
}

/** Lets `work` ask services as the system, and ends the connection. */
export async function askAsOperator<T>(
  { natsUrl, key }: OperatorTarget,
  work: (door: Door) => Promise<T>,
): Promise<T> {
  const [{ clientOf, connectNats, RpcClient }, { CtxSigner }, { systemCtx }] = await Promise.all([
    import('@leadwire/messaging'),
    import('@leadwire/security'),
    import('@leadwire/kernel'),
  ]);
  const nats = await connectNats(natsUrl, OPERATOR);
  const rpc = new RpcClient(nats, new CtxSigner(OPERATOR, key));
  try {
    return await work({ client: (api) => clientOf(api, rpc), ctx: () => systemCtx('') });
  } finally {
    await nats.drain();
  }
}
