import {
  ledgerApi,
  reservationsApi,
  walletsApi,
  type LedgerApi,
  type ReservationsApi,
  type WalletsApi,
} from '@leadwire/contracts';
import { Clock, newId, systemCtx, type Ctx } from '@leadwire/kernel';
import { caller, eventually, patient, TestService } from '@leadwire/testing';
import { billingService } from '../src/billing.module.js';
import { migrations } from '../src/migrations/index.js';
import { violationsIn } from './postings.js';

const HOUR_S = 3_600;

describe('reservations', () => {
  let service: TestService;
  let reservations: ReservationsApi;
  let wallets: WalletsApi;
  let ledger: LedgerApi;

  beforeAll(async () => {
    service = await TestService.start(billingService, { migrations, env: { TRIAL_CREDIT: '10' } });
    await service.addReplica();
    reservations = service.client(reservationsApi);
    wallets = service.client(walletsApi);
    ledger = service.client(ledgerApi);
  });
  afterAll(async () => {
    expect(await violationsIn(service.database)).toEqual([]);
    await service.stop();
  });

  afterEach(() => travel(0));
  const travel = (ms: number) => {
    service.running.app.get(Clock).now = () => new Date(Date.now() + ms);
  };
  const tenant = (): Ctx => patient(systemCtx(newId()));
  const hold = (ctx: Ctx, amount: string, over: object = {}) =>
    reservations.authorise(ctx, { key: newId(), amount, ttlSeconds: HOUR_S, ...over });
  const money = async (ctx: Ctx) => {
    const { balance, reserved, available } = await wallets.get(ctx, {});
    return [balance, reserved, available];
  };

  it('hold, grow, pay in parts and give back the rest; each step is a posting', async () => {
    const ctx = tenant();
    const { reservationId, held } = await hold(ctx, '4', { purpose: 'call 1' });
    expect(held).toBe('4.000000');
    expect(await money(ctx)).toEqual(['10.000000', '4.000000', '6.000000']);

    const step = { key: newId(), reservationId };
    expect(
      await reservations.extend(ctx, { ...step, key: 'e', amount: '2', ttlSeconds: HOUR_S }),
    ).toMatchObject({ held: '6.000000' });
    expect(
      await reservations.capture(ctx, { ...step, key: 'c1', amount: '1.5', close: false }),
    ).toMatchObject({
      held: '4.500000',
      captured: '1.500000',
      status: 'open',
      balance: '8.500000',
      reserved: '4.500000',
    });
    expect(await reservations.release(ctx, { ...step, key: 'r', amount: '0.5' })).toMatchObject({
      held: '4.000000',
    });
    expect(await reservations.capture(ctx, { ...step, key: 'c2', amount: '3', close: true })).toMatchObject({
      held: '0.000000',
      captured: '4.500000',
      status: 'captured',
    });
    expect(await money(ctx)).toEqual(['5.500000', '0.000000', '5.500000']);

    const { items } = await ledger.list(ctx, {});
    expect(items.map(({ type, amount, reservedAmount }) => [type, amount, reservedAmount])).toEqual([
      ['debit', '-3.000000', '-4.000000'],
      ['release', '0.000000', '-0.500000'],
      ['debit', '-1.500000', '-1.500000'],
      ['reservation', '0.000000', '2.000000'],
      ['reservation', '0.000000', '4.000000'],
      ['credit', '10.000000', '0.000000'],
    ]);
    expect(items[0]).toMatchObject({
      reservationId,
      counterAccount: 'revenue',
      referenceType: 'reservation',
    });
  });

  it('answer a repeated command as the first time, and refuse the key for another', async () => {
    const ctx = tenant();
    const input = { key: 'start', amount: '4', ttlSeconds: HOUR_S };
    const first = await reservations.authorise(ctx, input);
    const { reservationId } = first;
    const capture = { key: 'end', reservationId, amount: '4', close: true };
    const captured = await reservations.capture(ctx, capture);
    expect(await reservations.authorise(ctx, input)).toEqual(first);
    expect(await reservations.capture(ctx, capture)).toEqual(captured);
    await expect(reservations.authorise(ctx, { ...input, amount: '5' })).rejects.toMatchObject({
      code: 'reservation.key_reused',
    });
    await expect(reservations.capture(ctx, { ...capture, amount: '3' })).rejects.toMatchObject({
      code: 'reservation.key_reused',
    });
    expect(await money(ctx)).toEqual(['6.000000', '0.000000', '6.000000']);
  });

  it('say how many seconds the rest still buys when they cannot grow', async () => {
    const ctx = tenant();
    const { reservationId } = await hold(ctx, '9');
    const more = { key: 'more', reservationId, amount: '2', ttlSeconds: 60, unitPrice: '0.03' };
    const refused = {
      code: 'reservation.insufficient',
      details: { extras: { available: '1.000000', units: 33 } },
    };
    await expect(reservations.extend(ctx, more)).rejects.toMatchObject(refused);
    await wallets.topUp({ ...caller(), tenantId: ctx.tenantId }, { amount: '100' });
    await expect(reservations.extend(ctx, more)).rejects.toMatchObject(refused);
    expect(await reservations.extend(ctx, { ...more, key: 'again' })).toMatchObject({ held: '11.000000' });
  });

  it('draw from a budget that holds the money already, and give back to it', async () => {
    const ctx = tenant();
    const budget = await hold(ctx, '6', { purpose: 'campaign' });
    const budgetId = budget.reservationId;
    const call = await hold(ctx, '4', { budgetId });
    expect(await money(ctx)).toEqual(['10.000000', '6.000000', '4.000000']);
    await expect(hold(ctx, '2.000001', { budgetId })).rejects.toMatchObject({
      code: 'reservation.insufficient',
      details: { extras: { available: '2.000000' } },
    });
    await expect(hold(ctx, '1', { budgetId: call.reservationId })).rejects.toMatchObject({
      code: 'reservation.not_found',
    });
    const release = { reservationId: budgetId };
    await expect(reservations.release(ctx, { key: 'too-early', ...release })).rejects.toMatchObject({
      code: 'reservation.in_use',
    });

    await reservations.capture(ctx, {
      key: newId(),
      reservationId: call.reservationId,
      amount: '3',
      close: true,
    });
    expect(await money(ctx)).toEqual(['7.000000', '3.000000', '4.000000']);
    expect((await reservations.list(ctx, { budgetId })).items).toMatchObject([
      {
        id: call.reservationId,
        status: 'captured',
        captured: '3.000000',
        released: '1.000000',
        held: '0.000000',
      },
    ]);
    expect(await reservations.release(ctx, { key: 'done', ...release })).toMatchObject({
      status: 'released',
      held: '0.000000',
    });
    expect(await money(ctx)).toEqual(['7.000000', '0.000000', '7.000000']);
  });

  it('free themselves when their caller is gone, the drawn ones with their budget', async () => {
    const ctx = tenant();
    const budget = await hold(ctx, '6', { ttlSeconds: 600 });
    const call = await hold(ctx, '4', { budgetId: budget.reservationId, ttlSeconds: HOUR_S });
    expect(call.expiresAt).toBe(budget.expiresAt);
    travel(601_000);
    await eventually(async () => (await wallets.get(ctx, {})).reserved === '0.000000');
    expect((await reservations.list(ctx, { status: 'expired' })).items).toHaveLength(2);
    const { reservationId } = call;
    await expect(
      reservations.capture(ctx, { key: 'late', reservationId, amount: '1', close: true }),
    ).rejects.toMatchObject({ code: 'reservation.expired' });
    await expect(
      reservations.extend(ctx, { key: 'late-too', reservationId, amount: '0', ttlSeconds: 60 }),
    ).rejects.toMatchObject({ code: 'reservation.expired' });
    expect(await money(ctx)).toEqual(['10.000000', '0.000000', '10.000000']);
  });

  it('never pay more than was authorised, also when asked by many at once', async () => {
    const ctx = tenant();
    const { reservationId } = await hold(ctx, '5');
    await expect(
      reservations.capture(ctx, { key: 'x', reservationId, amount: '5.000001', close: false }),
    ).rejects.toMatchObject({ code: 'reservation.exceeded', details: { extras: { held: '5.000000' } } });
    const captures = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) =>
        reservations.capture(ctx, { key: `c-${i}`, reservationId, amount: '0.75', close: false }),
      ),
    );
    expect(captures.filter(({ status }) => status === 'fulfilled')).toHaveLength(6);
    expect(await money(ctx)).toEqual(['5.500000', '0.500000', '5.000000']);
  });

  it('end once', async () => {
    const ctx = tenant();
    const { reservationId } = await hold(ctx, '5');
    const ends = await Promise.allSettled([
      reservations.release(ctx, { key: 'a', reservationId }),
      reservations.capture(ctx, { key: 'b', reservationId, amount: '5', close: true }),
    ]);
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(reservations.release(ctx, { key: 'c', reservationId })).rejects.toMatchObject({
      code: 'reservation.ended',
    });
  });

  it('are nobody else’s: another tenant finds none of them and changes nothing', async () => {
    const owner = tenant();
    const { reservationId } = await hold(owner, '5');
    const stranger = tenant();
    const move = { key: 'mine', reservationId };
    const notFound = { code: 'reservation.not_found' };
    await expect(
      reservations.extend(stranger, { ...move, amount: '1', ttlSeconds: 9 }),
    ).rejects.toMatchObject(notFound);
    await expect(
      reservations.capture(stranger, { ...move, key: '2', amount: '1', close: true }),
    ).rejects.toMatchObject(notFound);
    await expect(reservations.release(stranger, { ...move, key: '3' })).rejects.toMatchObject(notFound);
    await expect(hold(stranger, '1', { budgetId: reservationId })).rejects.toMatchObject(notFound);
    expect((await reservations.list(stranger, {})).items).toEqual([]);
    expect(await money(owner)).toEqual(['10.000000', '5.000000', '5.000000']);
  });

  it('are held by services only: no role of a person may', async () => {
    const ctx = caller('owner');
    await expect(hold(ctx, '1')).rejects.toMatchObject({ code: 'request.forbidden' });
    await expect(reservations.list(caller('viewer'), {})).rejects.toMatchObject({
      code: 'request.forbidden',
    });
    expect((await reservations.list(ctx, {})).items).toEqual([]);
  });

  it.each([
    { amount: '0' },
    { amount: '-1' },
    { amount: '1.0000001' },
    { amount: '1000000.000001' },
    { amount: 'NaN' },
    { amount: 5 },
    { ttlSeconds: 0 },
    { ttlSeconds: 1.5 },
    { ttlSeconds: 99_999_999 },
    { key: '' },
    { key: 'x'.repeat(201) },
    { budgetId: 'x' },
    { purpose: 'x'.repeat(201) },
    { unitPrice: '-1' },
    { surprise: true },
  ])('refuse to be made with %j', async (over) => {
    const ctx = tenant();
    await expect(hold(ctx, '1', over)).rejects.toMatchObject({ code: 'request.invalid' });
    expect((await reservations.list(ctx, {})).items).toEqual([]);
  });

  it('are listed newest first, a page at a time', async () => {
    const ctx = tenant();
    for (let i = 0; i < 5; i++) await hold(ctx, '1', { purpose: `call ${i}` });
    const first = await reservations.list(ctx, { limit: 3 });
    const second = await reservations.list(ctx, { limit: 3, cursor: first.next ?? '' });
    expect([...first.items, ...second.items].map(({ purpose }) => purpose)).toEqual(
      [4, 3, 2, 1, 0].map((i) => `call ${i}`),
    );
    expect(second.next).toBeNull();
  });
});
