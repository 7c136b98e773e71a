import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { verifyFile } from '../ledger/verify.ts';
import type { ApiClient } from './client.ts';

const TOP_UP = '25.00';
/** Credit that is bought by bank transfer. */
const BOUGHT = '100.00';
/** The sandbox's card that always pays. */
const CARD = '4242424242424242';
const POLL_MS = 200;
/** A webhook that is lost is made up for in a minute. */
const PATIENCE_MS = 90_000;

export type Books = {
  /** Postings whose chain was proven from the export alone. */
  ledgerProven: number;
  /** Whether the newest charge is explained by a posting of what it was charged. */
  receiptAgrees: boolean;
  cardTopUp: string;
  /** Number of an invoice over credit, whose PDF was read. */
  invoice: string;
};

type TopUp = { id: string; status: string; checkoutUrl: string };
type Invoice = { id: string; number: string };
type Posting = { id: string; amount: string };
type Receipt = { postings: { transaction: Posting }[] };

/**
 * What a bookkeeper would do next: pay by card, have the ledger proven and a charge explained, and buy credit on an invoice with its PDF.
 * @throws Error when a side does not answer as it should
 */
export async function closeTheBooks(api: ApiClient, dir: string): Promise<Books> {
  const cardTopUp = await payByCard(api);
  const exported = join(dir, 'ledger.jsonl');
  await writeFile(exported, await bytesOf(api, '/billing/ledger/export'));
  const { postings } = await verifyFile(exported);
  const charge = (await api.get<{ items: Posting[] }>('/billing/ledger?type=debit&limit=1')).items[0];
  const receipt = charge && (await api.get<Receipt>(`/billing/charges/${charge.id}/receipt`));
  // What was spent was given, and what nobody pays for is on no invoice.
  const { id } = await api.post<Invoice>('/billing/invoices', { kind: 'credit', amount: BOUGHT });
  const { number } = await api.post<Invoice>(`/billing/invoices/${id}/finalise`);
  const pdf = await bytesOf(api, `/billing/invoices/${id}/pdf`);
  if (!pdf.subarray(0, 5).equals(Buffer.from('%PDF-'))) throw new Error(`The PDF of ${number} is none.`);
  return {
    ledgerProven: postings,
    receiptAgrees: charge !== undefined && receipt?.postings[0]?.transaction.amount === charge.amount,
    cardTopUp,
    invoice: number,
  };
}

async function payByCard(api: ApiClient): Promise<string> {
  const topUp = await api.post<TopUp>('/billing/top-ups', { amount: TOP_UP });
  const form = new URLSearchParams({ action: 'pay', card: CARD });
  await fetch(topUp.checkoutUrl, { method: 'POST', body: form, redirect: 'manual' });
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const { status } = await api.get<TopUp>(`/billing/top-ups/${topUp.id}`);
    if (status === 'succeeded' || Date.now() > deadline) return status;
    await wait(POLL_MS);
  }
}

async function bytesOf(api: ApiClient, path: string): Promise<Buffer> {
  const response = await fetch(api.urlOf(path), { headers: api.headers() });
  if (!response.ok) throw new Error(`GET ${path} → ${response.status} ${await response.text()}`);
  return Buffer.from(await response.arrayBuffer());
}
