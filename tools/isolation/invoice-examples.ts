import type { Example, MakeResource } from './operation-examples.ts';

// An invoice that waits to be paid, and a credit note in its series: only operators credit, and only what was used and paid.
const CREDIT_NOTE = `
  WITH wallet AS (
    SELECT w.id, w.currency,
           (SELECT l.id FROM billing.billing_ledger_transactions l WHERE l.wallet_id = w.id ORDER BY wallet_seq LIMIT 1) AS posting
    FROM billing.billing_wallets w WHERE w.tenant_id = $1 AND w.user_id IS NULL),
  invoice AS (
    INSERT INTO billing.billing_invoices (id, tenant_id, wallet_id, kind, status, invoice_number, subtotal, total, currency,
      period_start, period_end, line_items, seller, customer, finalised_at, due_at)
    SELECT gen_random_uuid(), $1, id, 'credit', 'pending', 'P-' || $2::text, 5, 5, currency, now(), now() + interval '1 day',
      '[{"line":1,"kind":"credit","description":"Credit","exact":"5","amount":"5"}]', $3, $4, now(), now() + interval '1 day'
    FROM wallet RETURNING id),
  counters AS (
    INSERT INTO billing.billing_number_series AS s (tenant_id, series, last_number) VALUES ($1, 'invoice', 1), ($1, 'credit_note', 1)
    ON CONFLICT (tenant_id, series) DO UPDATE SET last_number = s.last_number + 1)
  INSERT INTO billing.billing_credit_notes (id, tenant_id, invoice_id, credit_note_number, subtotal, tax, total, currency, reason,
    line_items, tax_items, seller, customer, ledger_transaction_id, created_at)
  SELECT $2::uuid, $1, invoice.id, 'C-' || $2::text, 1, 0, 1, wallet.currency, $5, '[]', '[]', $3, $4, wallet.posting, now()
  FROM wallet, invoice`;

const SELLER = JSON.stringify({ name: 'Seller', address: '', country: '', vatId: '', paymentTerms: '' });

const creditDraft: MakeResource = async ({ client }) => {
  const { id } = await client.post<{ id: string }>('/billing/invoices', { kind: 'credit', amount: '10' });
  return id;
};

/** The documents of a team: two of each, for lists. */
export const INVOICE_RESOURCES: Record<string, MakeResource> = {
  invoiceId: async (team, ids, caller) => {
    await creditDraft(team, ids, caller);
    return creditDraft(team, ids, caller);
  },
  line: async () => '1',
  creditNoteId: async ({ world, client, tenantId, marker }) => {
    await client.get('/billing/wallet');
    const customer = JSON.stringify({
      name: marker,
      addressLine1: null,
      addressLine2: null,
      postalCode: null,
      city: null,
      region: null,
      country: null,
      vatId: null,
      purchaseOrder: null,
    });
    let id = '';
    for (let i = 0; i < 2; i++) {
      id = crypto.randomUUID();
      await world.database.query(CREDIT_NOTE, [tenantId, id, SELLER, customer, `Reason ${marker}`]);
    }
    return id;
  },
};

export const INVOICE_EXAMPLES: Record<string, Example> = {
  'billing.details.set': {
    body: ({ marker }) => ({
      company: `Company ${marker}`,
      addressLine1: 'Ring 1',
      addressLine2: null,
      postalCode: '1010',
      city: 'Wien',
      region: null,
      country: 'AT',
      vatId: null,
      purchaseOrder: null,
    }),
  },
  'billing.invoices.create': { body: () => ({ kind: 'credit', amount: '10' }) },
  'billing.invoices.lineUsage': { onePage: 'nothing is behind a line of credit that is bought' },
  // A draft has no document.
  'billing.invoices.document': {
    resources: {
      invoiceId: async (team, ids, caller) => {
        const id = await creditDraft(team, ids, caller);
        await team.client.post(`/billing/invoices/${id}/finalise`, {});
        return id;
      },
    },
  },
};
