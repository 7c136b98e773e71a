import { createHash } from 'node:crypto';
import {
  chargesApi,
  forecastApi,
  usageApi,
  usageEventsApi,
  walletsApi,
  type ChargeReceipt,
  type ChargesApi,
  type ForecastApi,
  type UsageApi,
  type WalletsApi,
} from '@leadwire/contracts';
import { amount, newId, systemCtx, type Ctx } from '@leadwire/kernel';
import { caller, eventually, TestService } from '@leadwire/testing';
import { billingService } from '../src/billing.module.js';
import { PostingQueue } from '../src/ledger/posting-queue.js';
import { migrations } from '../src/migrations/index.js';
import { mails, send } from './mails.js';
import { debit } from './postings.js';

describe('the receipt of a charge', () => {
  let service: TestService;
  let wallets: WalletsApi;
  let usage: UsageApi;
  let charges: ChargesApi;
  let forecasts: ForecastApi;

  beforeAll(async () => {
    service = await TestService.start(billingService, { migrations, env: { TRIAL_CREDIT: '0.0015' } });
    wallets = service.client(walletsApi);
    usage = service.client(usageApi);
    charges = service.client(chargesApi);
    forecasts = service.client(forecastApi);
  });
  afterAll(() => service.stop());

  async function charged(count: number): Promise<{ ctx: Ctx; ids: string[] }> {
    const ctx = caller();
    await wallets.topUp(ctx, { amount: '5' });
    for (let i = 1; i <= count; i++) {
      await send(service, ctx.tenantId, mails(1));
      await eventually(async () => (await wallets.audit(ctx, {})).usageCharged === i);
    }
    const { items } = await usage.list(ctx, {});
    return { ctx, ids: items.map(({ id }) => id).reverse() };
  }
  const recomputed = ({ hashBefore, hashed }: ChargeReceipt['postings'][number]) =>
    createHash('sha256').update(Buffer.from(hashBefore, 'hex')).update(hashed, 'utf8').digest('hex');

  it('has all it takes to work it out again: use, price, cost, lots, place in the chain', async () => {
    const { ctx, ids } = await charged(2);
    const receipt = await charges.receipt(ctx, { chargeId: ids[1] as string });
    const [item] = receipt.usage?.items ?? [];
    expect(item).toMatchObject({
      quantity: '1',
      unitPrice: '0.0010000000',
      cost: '0.001000',
      priceId: expect.any(String),
    });
    expect(
      amount(item?.quantity ?? '0')
        .mul(item?.unitPrice ?? '0')
        .toFixed(6),
    ).toBe(receipt.usage?.cost);
    const [posting, ...more] = receipt.postings;
    if (!posting) throw new Error('a charge was posted');
    expect(more).toEqual([]);
    expect(posting.transaction).toMatchObject({
      type: 'debit',
      amount: '-0.001000',
      seq: 4,
      referenceId: ids[1],
    });
    // The trial credit had half of it left; the rest was paid for.
    expect(posting.lots).toMatchObject([
      { source: 'granted', amount: '0.000500' },
      { source: 'prepaid', amount: '0.000500' },
    ]);
    expect(recomputed(posting)).toBe(posting.transaction.hash);
    const before = await charges.receipt(ctx, { chargeId: ids[0] as string });
    expect(posting.hashBefore).toBe(before.postings[0]?.transaction.hash);
    expect(receipt).toMatchObject({ chainLength: 4, chainHead: posting.transaction.hash });
  });

  it('is the same by the posting as by the usage', async () => {
    const { ctx, ids } = await charged(1);
    const receipt = await charges.receipt(ctx, { chargeId: ids[0] as string });
    const postingId = receipt.postings[0]?.transaction.id as string;
    expect(await charges.receipt(ctx, { chargeId: postingId })).toEqual(receipt);
  });

  it('shows what gave a voided charge back, and the wallet stays whole', async () => {
    const ctx = caller();
    await wallets.topUp(ctx, { amount: '5' });
    const events = service.client(usageEventsApi);
    const { items } = await events.record(ctx, {
      events: [
        {
          key: 'call-1',
          feature: 'voice',
          occurredAt: new Date().toISOString(),
          items: [{ category: 'email', provider: 'smtp', unit: 'message', quantity: '1' }],
        },
      ],
    });
    const usageEventId = items[0]?.usageEventId as string;
    await events.void(ctx, { usageEventId, reason: 'Sent by mistake' });
    const receipt = await charges.receipt(ctx, { chargeId: usageEventId });
    expect(receipt.usage).toMatchObject({ status: 'voided', voidReason: 'Sent by mistake' });
    expect(receipt.postings.map(({ transaction }) => [transaction.type, transaction.amount])).toEqual([
      ['debit', '-0.001000'],
      ['reversal', '0.001000'],
    ]);
    expect(receipt.postings[1]?.lots).toMatchObject([{ amount: '-0.001000' }]);
    for (const posting of receipt.postings) expect(recomputed(posting)).toBe(posting.transaction.hash);
    await service.database.query(
      `UPDATE billing.wallet_upkeep SET audited_at = '-infinity' WHERE tenant_id = $1`,
      [ctx.tenantId],
    );
    await eventually(async () => {
      const [row] = await service.database.query<{ done: boolean }>(
        'SELECT audited_seq = last_seq AS done FROM billing.wallet_upkeep WHERE tenant_id = $1',
        [ctx.tenantId],
      );
      return row?.done;
    });
    expect(await wallets.get(ctx, {})).toMatchObject({ status: 'active' });
  });

  it('of a posting without usage is the posting alone', async () => {
    const ctx = caller();
    await wallets.topUp(ctx, { amount: '5' });
    const queue = service.running.app.get(PostingQueue);
    const { ledgerId } = await queue.submit(systemCtx(ctx.tenantId), debit('1', { description: 'By hand' }));
    const receipt = await charges.receipt(ctx, { chargeId: ledgerId as string });
    expect(receipt).toMatchObject({ usage: null, postings: [{ transaction: { description: 'By hand' } }] });
  });

  it('of usage that waits for funds has no posting yet', async () => {
    const ctx = caller();
    await wallets.get(ctx, {});
    await send(service, ctx.tenantId, mails(3));
    await eventually(async () => (await wallets.audit(ctx, {})).usagePending === 2);
    const { items } = await usage.list(ctx, { status: 'pending' });
    const receipt = await charges.receipt(ctx, { chargeId: items[0]?.id as string });
    expect(receipt).toMatchObject({ usage: { status: 'pending' }, postings: [] });
  });

  it('is nobody else’s, and not for whoever may not read billing', async () => {
    const { ctx, ids } = await charged(1);
    const chargeId = ids[0] as string;
    await expect(charges.receipt(caller(), { chargeId })).rejects.toMatchObject({ code: 'charge.not_found' });
    await expect(charges.receipt(ctx, { chargeId: newId() })).rejects.toMatchObject({
      code: 'charge.not_found',
    });
    await expect(charges.receipt(ctx, { chargeId: '1' })).rejects.toMatchObject({ code: 'request.invalid' });
    const viewer = caller('viewer', { tenantId: ctx.tenantId });
    await expect(charges.receipt(viewer, { chargeId })).rejects.toMatchObject({ code: 'request.forbidden' });
  });

  it('beside it stands the day on which the wallet runs dry', async () => {
    const { ctx } = await charged(2);
    expect(await forecasts.get(ctx, {})).toMatchObject({
      days: 0,
      perDay: '0.002000',
      confidence: 'low',
      currency: 'USD',
      balance: '4.999500',
      runsDryOn: null,
    });
    const unused = await forecasts.get(caller(), {});
    expect(unused).toMatchObject({ perDay: '0.000000', runsDryOn: null });
    await expect(forecasts.get(caller('viewer'), {})).rejects.toMatchObject({ code: 'request.forbidden' });
  });
});
