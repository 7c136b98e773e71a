import { eventually } from '@leadwire/testing';
import { ApiClient } from '../../../../tools/demo/client.ts';
import type { Platform } from '../../../../tools/start/platform.ts';
import type { World } from './world.ts';

type TopUp = { id: string; origin: string; status: string; checkoutUrl: string; refunded: string };
/** Longer than a webhook that never comes takes to be noticed, on a machine that has other things to do. */
const DEADLINE_MS = 150_000;
const GOOD = '4242424242424242';
const DECLINED = '4000000000000002';

export function paymentsJourney(world: () => World): void {
  describe('a team that pays by card', () => {
    let platform: Platform;
    let owner: ApiClient;
    /** Another team, whose webhooks are lost: that is noticed within a minute, in which others are paid. */
    let unlucky: { client: ApiClient; before: number; topUp: TopUp };

    beforeAll(async () => {
      ({ platform } = world());
      owner = new ApiClient(platform.urls.api);
      await owner.signUp('Payers', 'payers@leadwire.test', 'a long password of a payer');
      const client = new ApiClient(platform.urls.api);
      await client.signUp('Unlucky', 'unlucky@leadwire.test', 'a long password of a payer');
      const before = Number(await balance(client));
      unlucky = { client, before, topUp: await paidWhile('lost', '10.00', client) };
    });

    const open = (amount: string, client = owner) =>
      client.post<TopUp>('/billing/top-ups', { amount, savePaymentMethod: true });
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
    const balance = async (client = owner) =>
      (await client.get<{ balance: string }>('/billing/wallet')).balance;
    const settled = (topUp: TopUp, status: string, client = owner) =>
      eventually(async () => {
        const now = await client.get<TopUp>(`/billing/top-ups/${topUp.id}`);
        return now.status === status && now;
      }, DEADLINE_MS);
    /** A top-up whose webhooks the provider treats so. */
    const paidWhile = async (behaviour: string, amount: string, client = owner) => {
      await sandbox('POST', '/misbehaviours', { scope: 'stripe-webhook', match: '*', behaviour });
      const topUp = await open(amount, client);
      expect(await pay(topUp)).toBe(303);
      await sandbox('DELETE', '/misbehaviours');
      return topUp;
    };

    it('is topped up once the page is paid, after a card that was declined', async () => {
      const before = Number(await balance());
      const topUp = await open('25.00');
      expect(await pay(topUp, DECLINED)).toBe(402);
      expect(await pay(topUp)).toBe(303);
      await settled(topUp, 'succeeded');
      expect(Number(await balance())).toBe(before + 25);
      expect(await owner.get('/billing/payment-methods')).toMatchObject({
        items: [{ brand: 'visa', last4: '4242', isDefault: true }],
      });
    });

    it('is topped up once when webhooks come several times', async () => {
      const before = Number(await balance());
      const topUp = await paidWhile('duplicate', '10.00');
      await settled(topUp, 'succeeded');
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

    it('is topped up once when webhooks are lost', async () => {
      const { client, before, topUp } = unlucky;
      await settled(topUp, 'succeeded', client);
      expect(Number(await balance(client))).toBe(before + 10);
    });

    it('keeps its books in order', async () => {
      expect(await owner.get('/billing/wallet/audit')).toMatchObject({ ok: true });
    });
  });
}
