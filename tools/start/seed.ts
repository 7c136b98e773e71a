import { ApiClient } from '../demo/client.ts';
import { leadsCsv } from '../demo/leads-csv.ts';
import { addSender, enrolEverybody, FIRST_MAIL, importLeads, SECOND_MAIL } from '../demo/main-job.ts';
import type { DemoLogin } from './box.ts';
import type { Platform } from './platform.ts';

const TENANT = 'Acme Demo';
const EMAIL = 'demo@leadwire.test';
const LEADS = 50;
const THREE_DAYS_SECONDS = 3 * 86_400;

/** The demo tenant's login; its password is generated once per instance. */
export function demoLogin(platform: Platform): DemoLogin {
  return { tenant: TENANT, email: EMAIL, password: platform.secrets.password('demo.password') };
}

/**
 * Signs the demo tenant up and gives it what a team has on its first day: leads, an account to send from and a campaign
 * that only waits for its launch. All through the gateway, as any client would. Leaves a tenant alone that has been used.
 * @returns whether it was new. @throws ApiError with the gateway's problem when it refuses
 */
export async function seedDemoTenant(platform: Platform): Promise<boolean> {
  const { email, password } = demoLogin(platform);
  const api = new ApiClient(platform.urls.api);
  const isNew = !(await api.logIn(email, password));
  if (isNew) await api.signUp(TENANT, email, password);
  if (isNew || (await isEmpty(api))) await fill(api, platform);
  return isNew;
}

// A first start that was killed right after the sign-up is made good by the next one.
async function isEmpty(api: ApiClient): Promise<boolean> {
  for (const list of ['/leads?limit=1', '/lead-imports?limit=1', '/campaigns?limit=1']) {
    const { items } = await api.get<{ items: unknown[] }>(list);
    if (items.length > 0) return false;
  }
  return true;
}

async function fill(api: ApiClient, platform: Platform): Promise<void> {
  await importLeads(api, new Blob([leadsCsv(LEADS)]), () => undefined);
  const account = await addSender(api, platform.urls.smtp);
  const campaign = await api.post<{ id: string }>('/campaigns', {
    name: 'Welcome',
    emailAccountId: account.id,
  });
  const steps = [FIRST_MAIL, { type: 'wait', durationSeconds: THREE_DAYS_SECONDS }, SECOND_MAIL];
  await api.put(`/campaigns/${campaign.id}/steps`, { steps });
  await enrolEverybody(api, campaign.id);
}
