import { eventually } from '@leadwire/testing';
import pg from 'pg';
import { ApiClient } from '../../../../tools/demo/client.ts';
import type { Platform } from '../../../../tools/start/platform.ts';
import type { World } from './world.ts';

type TopUp = {
  id: string;
  origin: string;
  status: string;
  amount: string;
  checkoutUrl: string;
  refunded: string;
};
/** Longer than a webhook that never comes takes to be noticed, on a machine that has other things to do. */
const DEADLINE_MS = 150_000;
const GOOD = '4242424242424242';
const DECLINED = '4000000000000002';

export function paymentsJourney(world: () => World): void {
  describe('a team that pays by card', () => {
    let platform: Platform;
    let owner: ApiClient;
    let database: pg.Client;
    /** Another team, whose webhooks are lost: that is noticed within a minute, in which others are paid. */
    let unlucky: { client: ApiClient; before: number; topUp: TopUp };

    beforeAll(async () => {
      ({ platform } = world());
      database = new pg.Client({ connectionString: platform.adminUrl });
      await database.connect();
      owner = new ApiClient(platform.urls.api);
      await owner.signUp('Payers', 'payers@leadwire.test', 'a long password of a payer');
      const client = new ApiClient(platform.urls.api);
      await client.signUp('Unlucky', 'unlucky@leadwire.test', 'a long password of a payer');
      const before = Number(await balance(client));
      unlucky = { client, before, topUp: await paidWhile('lost', '10.00', client) };
    });

    afterAll(() => database?.end());

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
      const text = await response.text();
      if (!response.ok) throw new Error(`${path} → ${response.status} ${text}`);
      return (text ? JSON.parse(text) : {}) as { id: string };
    };
    const balance = async (client = owner) =>
      (await client.get<{ balance: string }>('/billing/wallet')).balance;
    const settled = (topUp: TopUp, status: string, client = owner) =>
      eventually(async () => {
        const now = await client.get<TopUp>(`/billing/top-ups/${topUp.id}`);
        return now.status === status && now;
      }, DEADLINE_MS);
    /** A top-up whose webhooks the provider treats so. */
    const paidWhile = async (behaviour: string, amount: string, client = owner, delayMs?: number) => {
      await sandbox('POST', '/misbehaviours', { scope: 'stripe-webhook', match: '*', behaviour, delayMs });
      const topUp = await open(amount, client);
      expect(await pay(topUp)).toBe(303);
      await sandbox('DELETE', '/misbehaviours');
      return topUp;
    };

    /** Whether the provider told us itself, rather than being asked a minute later. */
    const cameByWebhook = async ({ id }: TopUp) => {
      const { rowCount } = await database.query(
        `SELECT FROM billing.billing_payment_events e
         JOIN billing.billing_top_ups t ON e.subject_id IN (t.session_id, t.payment_intent_id)
         WHERE t.id = $1 AND e.source = 'webhook' AND e.status = 'handled'`,
        [id],
      );
      return (rowCount ?? 0) > 0;
    };

    it('is topped up once the page is paid, after a card that was declined', async () => {
      const before = Number(await balance());
      const topUp = await open('25.00');
      expect(await pay(topUp, DECLINED)).toBe(402);
      expect(await pay(topUp)).toBe(303);
      await settled(topUp, 'succeeded');
      expect(await cameByWebhook(topUp)).toBe(true);
      expect(Number(await balance())).toBe(before + 25);
      expect(await owner.get('/billing/payment-methods')).toMatchObject({
        items: [{ brand: 'visa', last4: '4242', isDefault: true }],
      });
    });

    it.each([
      ['several times', 'duplicate', undefined],
      ['in another order', 'shuffle', 300],
      ['late', 'late', 1_000],
    ])('is topped up once when webhooks come %s', async (_, behaviour, delayMs) => {
      const before = Number(await balance());
      const topUp = await paidWhile(behaviour, '10.00', owner, delayMs);
      await settled(topUp, 'succeeded');
      expect(await cameByWebhook(topUp)).toBe(true);
      expect(Number(await balance())).toBe(before + 10);
    });

    it('is without the money while its bank disputes a payment, and has it again once the bank decides for us', async () => {
      const before = Number(await balance());
      const topUp = await open('15.00');
      expect(await pay(topUp)).toBe(303);
      await settled(topUp, 'succeeded');
      const [payment] = await look<{ id: string }>('/stripe/payments');
      const dispute = await sandbox('POST', '/stripe/disputes', { paymentIntent: payment?.id });
      await settled(topUp, 'disputed');
      expect(Number(await balance())).toBe(before);
      await sandbox('POST', `/stripe/disputes/${dispute.id}/close`, { status: 'won' });
      await settled(topUp, 'succeeded');
      expect(Number(await balance())).toBe(before + 15);
    });

    /** Sets what makes the wallet top itself up by 40 at once; says how it was before. */
    const runLow = async () => {
      const before = {
        balance: Number(await balance()),
        topUps: await automatic(),
        payments: await payments(),
      };
      const threshold = String(before.balance + 1);
      const settings = { enabled: true, threshold, amount: '40', monthlyCap: '400', paymentMethodId: null };
      await owner.put('/billing/auto-top-up', settings);
      return before;
    };
    const automatic = async () =>
      (await owner.get<{ items: TopUp[] }>('/billing/top-ups?origin=automatic')).items;
    const look = async <T>(path: string): Promise<T[]> => {
      const response = await fetch(`${platform.urls.sandbox}${path}`);
      return ((await response.json()) as { items: T[] }).items;
    };
    const payments = async () => {
      const all = await look<{ amount: number; status: string }>('/stripe/payments');
      return all.filter(({ amount, status }) => amount === 4_000 && status === 'succeeded').length;
    };
    /** How many requests the provider's API got and did not answer. */
    const unanswered = async () => {
      const rules = await look<{ scope: string; applied: number }>('/misbehaviours');
      return rules.find(({ scope }) => scope === 'stripe-api')?.applied ?? 0;
    };
    const paidOnce = async (before: Awaited<ReturnType<typeof runLow>>) => {
      await eventually(async () => Number(await balance()) === before.balance + 40, DEADLINE_MS);
      const [newest, ...others] = await automatic();
      expect(newest).toMatchObject({ status: 'succeeded', amount: '40.000000' });
      expect(others).toEqual(before.topUps);
      expect(await payments()).toBe(before.payments + 1);
    };

    it('tops itself up with the saved card when the balance is low', async () => {
      await paidOnce(await runLow());
    });

    it.each([
      ['wrote it down and before it is charged', 'drop-before-effect', 0],
      ['was charged and before it is posted', 'drop-after-effect', 1],
    ])('tops itself up once though billing is killed after it %s', async (_, behaviour, charged) => {
      await sandbox('POST', '/misbehaviours', { scope: 'stripe-webhook', match: '*', behaviour: 'lost' });
      const match = 'POST /v1/payment_intents';
      await sandbox('POST', '/misbehaviours', { scope: 'stripe-api', match, behaviour });
      const before = await runLow();
      await eventually(async () => (await unanswered()) > 0, DEADLINE_MS);
      await platform.kill('billing', 'SIGKILL');
      expect(await payments()).toBe(before.payments + charged);
      const { rows } = await database.query(
        `SELECT status, ledger_transaction_id AS posting FROM billing.billing_top_ups
         WHERE origin = 'automatic' AND status <> 'succeeded'
           AND tenant_id = (SELECT tenant_id FROM billing.billing_top_ups WHERE id = $1)`,
        [before.topUps[0]?.id],
      );
      expect(rows).toEqual([{ status: 'created', posting: null }]);
      await sandbox('DELETE', '/misbehaviours');
      await platform.waitReady();
      // What the dead process had claimed is another's after a minute: no test waits for that.
      await database.query('UPDATE billing.auto_top_up_queue SET due_at = now()');
      await paidOnce(before);
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
