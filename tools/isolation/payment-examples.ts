import { createHmac } from 'node:crypto';
import type { Example, MakeResource } from './operation-examples.ts';
import { meansOf } from './planted.ts';
import type { Team } from './team.ts';

const INSERT_TOP_UP = `
  INSERT INTO billing.billing_top_ups (id, tenant_id, wallet_id, origin, amount, currency, customer_id, created_at)
  SELECT $2::uuid, w.tenant_id, w.id, 'checkout', 5, w.currency, 'cus_' || $3, now()
  FROM billing.billing_wallets w
  WHERE w.tenant_id = $1`;
const INSERT_METHOD = `
  INSERT INTO billing.billing_payment_methods (id, tenant_id, provider_id, kind, brand, last4, created_at)
  VALUES ($2::uuid, $1, 'pm_' || $2, 'card', $3, '4242', now())`;

/** Paying takes a person at the payment provider's page, so these are put where paying would have put them. */
export const PAYMENT_RESOURCES: Record<string, MakeResource> = {
  topUpId: async ({ world, tenantId, marker, client }) => {
    await client.get('/billing/wallet');
    const id = crypto.randomUUID();
    await world.database.query(INSERT_TOP_UP, [tenantId, id, marker]);
    return id;
  },
  paymentMethodId: async ({ world, tenantId, marker }) => {
    const id = crypto.randomUUID();
    await world.database.query(INSERT_METHOD, [tenantId, id, marker]);
    return id;
  },
};

export const PAYMENT_EXAMPLES: Record<string, Example> = {
  'billing.top-ups.create': { body: () => ({ amount: '5' }) },
  'billing.auto-top-up.set': {
    body: () => ({ enabled: false, threshold: '5', amount: '10', monthlyCap: '100', paymentMethodId: null }),
  },
  'gateway.webhooks.stripe': { body: providerEvent, headers: signed },
};

/** Of a kind that billing takes and does nothing about. */
function providerEvent(): object {
  return {
    id: `evt_${crypto.randomUUID()}`,
    object: 'event',
    type: 'plan.created',
    created: Math.floor(Date.now() / 1000),
    livemode: false,
    data: { object: { id: 'plan_of_a_proof' } },
  };
}

/** As the payment provider signs the bytes of a body. */
function signed(team: Team, body: unknown): Record<string, string> {
  const time = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', meansOf(team).webhookSecret)
    .update(`${time}.${JSON.stringify(body)}`)
    .digest('hex');
  return { 'stripe-signature': `t=${time},v1=${signature}` };
}
