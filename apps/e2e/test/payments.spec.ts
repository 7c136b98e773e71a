import { eventually } from '@leadwire/testing';
import { ApiClient } from '../../../tools/demo/client.ts';
import type { Platform } from '../../../tools/start/platform.ts';
import { endInstance, startInstance } from './instance.ts';

type TopUp = { id: string; origin: string; status: string; checkoutUrl: string; refunded: string };
/** Longer than a webhook that never comes takes to be noticed, on a machine that has other things to do. */
const DEADLINE_MS = 150_000;
const GOOD = '4242424242424242';
const DECLINED = '4000000000000002';

describe('a team that pays by card', () => {
  let platform: Platform;
  let owner: ApiClient;

  beforeAll(async () => {
    platform = await startInstance({ fast: true, env: { LOG_LEVEL: 'warn', TRIAL_CREDIT: '0' } });
    owner = new ApiClient(platform.urls.api);
    await owner.signUp('Payers', 'payers@leadwire.test', 'a long password of a payer');
  });
  afterAll(() => endInstance(platform));

  const open = (amount: string) => owner.post<TopUp>('/billing/top-ups', { amount, savePaymentMethod: true });
  const pay = async ({ checkoutUrl }: TopUp, card = GOOD) => {
    const form = new URLSearchParams({ action: 'pay', card });
    return (await fetch(checkoutUrl, { method: 'POST', body: form, redirect: 'manual' })).status;
  };
  const sandbox = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${platform.urls.sandbox}${path}`, {
      method,
      ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) throw new Error(`${path} → ${response.status} ${await response.text()}`);
  };
  const balance = async () => (await owner.get<{ balance: string }>('/billing/wallet')).balance;
  const settled = (topUp: TopUp, status: string) =>
    eventually(async () => {
      const now = await owner.get<TopUp>(`/billing/top-ups/${topUp.id}`);
      return now.status === status && now;
    }, DEADLINE_MS);
  const misbehave = (behaviour: string) =>
    sandbox('POST', '/misbehaviours', { scope: 'stripe-webhook', match: '*', behaviour });

  it('is topped up once the page is paid, after a card that was declined', async () => {
    const topUp = await open('25.00');
    expect(await pay(topUp, DECLINED)).toBe(402);
    expect(await pay(topUp)).toBe(303);
    await settled(topUp, 'succeeded');
    expect(await balance()).toBe('25.000000');
    expect(await owner.get('/billing/payment-methods')).toMatchObject({
      items: [{ brand: 'visa', last4: '4242', isDefault: true }],
    });
  });

  it.each(['duplicate', 'lost'])('is topped up once when webhooks come %s', async (behaviour) => {
    const before = Number(await balance());
    await misbehave(behaviour);
    const topUp = await open('10.00');
    expect(await pay(topUp)).toBe(303);
    await settled(topUp, 'succeeded');
    await sandbox('DELETE', '/misbehaviours');
    expect(Number(await balance())).toBe(before + 10);
  });

  it('tops itself up with the saved card when the balance is low', async () => {
    const before = Number(await balance());
    const settings = { enabled: true, threshold: String(before + 1), amount: '40', monthlyCap: '40' };
    await owner.put('/billing/auto-top-up', { ...settings, paymentMethodId: null });
    await eventually(async () => Number(await balance()) === before + 40, DEADLINE_MS);
    const { items } = await owner.get<{ items: TopUp[] }>('/billing/top-ups?origin=automatic');
    expect(items).toMatchObject([{ status: 'succeeded' }]);
  });

  it('keeps its books in order', async () => {
    expect(await owner.get('/billing/wallet/audit')).toMatchObject({ ok: true });
  });
});
