import { operatorsApi } from '@leadwire/contracts';
import { askAsOperator, OPERATOR_KEY } from '../operator/rpc.ts';
import type { Platform } from '../start/platform.ts';

/** Suspends a team, as those do who run the platform. */
export async function suspendTeam(platform: Platform, tenantId: string): Promise<void> {
  const { urls, secrets } = platform;
  const target = { natsUrl: urls.nats, key: Buffer.from(secrets.key(OPERATOR_KEY), 'base64') };
  await askAsOperator(target, ({ client, ctx }) =>
    client(operatorsApi).suspendTenant(ctx(), { tenantId, reason: 'The proof looks what is left.' }),
  );
}
