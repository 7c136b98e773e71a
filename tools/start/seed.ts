import { randomUUID } from 'node:crypto';
import type { DemoLogin } from './box.ts';
import type { Platform } from './platform.ts';

const TENANT = 'Acme Demo';
const EMAIL = 'demo@leadwire.test';
const REQUEST_TIMEOUT_MS = 15_000;
const CONFLICT = 409;

/** The demo tenant's login; its password is generated once per instance. */
export function demoLogin(platform: Platform): DemoLogin {
  return { tenant: TENANT, email: EMAIL, password: platform.secrets.password('demo.password') };
}

/**
 * Signs the demo tenant up, through the gateway as any client would. Does nothing when it exists already.
 * @returns whether it was new. @throws Error with the gateway's problem when it refuses
 */
export async function seedDemoTenant(platform: Platform): Promise<boolean> {
  const { email, password } = demoLogin(platform);
  const response = await fetch(`${platform.urls.api}/v1/sign-ups`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: JSON.stringify({ tenantName: TENANT, email, password, firstName: 'Dana', lastName: 'Demo' }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  if (response.ok) return true;
  if (response.status === CONFLICT) return false;
  throw new Error(
    `The demo tenant could not be made: the gateway answered ${response.status} ${await response.text()}`,
  );
}
