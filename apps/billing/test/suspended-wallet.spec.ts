import { amount, newId } from '@leadwire/kernel';
import type { Command } from '../src/ledger/command.js';
import { Bench, capture, debit, release, reserve, topUp } from './postings.js';

describe('a suspended wallet', () => {
  let bench: Bench;

  beforeAll(async () => {
    bench = await Bench.open();
  });
  afterAll(async () => {
    expect(await bench.violations()).toEqual([]);
    await bench.close();
  });

  const forInvoice = (kind: 'debit' | 'credit', value: string): Command => ({
    kind,
    key: newId(),
    amount: amount(value),
    referenceType: 'invoice',
    referenceId: newId(),
  });
  const account = async (tenantId: string, name: string) =>
    (
      await bench.database.query<{ balance: string }>(
        'SELECT balance FROM billing.billing_accounts WHERE tenant_id = $1 AND account = $2',
        [tenantId, name],
      )
    )[0]?.balance;

  it('takes money in, pays its invoices and lets go of what it holds, but spends nothing else', async () => {
    const ctx = await bench.funded('100');
    const held = await bench.submit(ctx, reserve('10'));
    const other = await bench.submit(ctx, reserve('10', 1_000));
    const reservationOf = (answer: typeof held) => (answer.state as { reservationId: string }).reservationId;
    await bench.database.query(
      `UPDATE billing.billing_wallets SET status = 'suspended' WHERE tenant_id = $1`,
      [ctx.tenantId],
    );
    for (const refused of [debit('1'), reserve('1')])
      expect((await bench.submit(ctx, refused)).outcome).toBe('frozen');
    bench.clock.forward(2_000);
    expect((await bench.submit(ctx, topUp('5'))).outcome).toBe('posted');
    expect((await bench.submit(ctx, release(reservationOf(other)))).outcome).toBe('expired');
    expect((await bench.submit(ctx, capture(reservationOf(held), '4', true))).outcome).toBe('posted');
    expect((await bench.submit(ctx, forInvoice('debit', '19'))).outcome).toBe('posted');
    expect(await bench.wallet(ctx)).toMatchObject({ balance: '82.000000', reserved: '0.000000' });
  });

  it('what an invoice collects is tax and no revenue, and so is what is given back of it', async () => {
    const ctx = await bench.funded('100');
    await bench.submit(ctx, debit('10'));
    await bench.submit(ctx, forInvoice('debit', '1.90'));
    await bench.submit(ctx, forInvoice('credit', '0.40'));
    await bench.submit(ctx, {
      kind: 'credit',
      key: newId(),
      amount: amount('2'),
      referenceType: 'credit_note',
      referenceId: newId(),
      source: 'prepaid',
    });
    expect(await account(ctx.tenantId, 'tax')).toBe('1.500000');
    expect(await account(ctx.tenantId, 'revenue')).toBe('8.000000');
  });
});
