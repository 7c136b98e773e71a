import {
  FundsAvailable,
  LowBalanceReached,
  walletOperatorsApi,
  walletsApi,
  WalletFrozen,
  WalletUnfrozen,
  type WalletOperatorsApi,
  type WalletsApi,
} from '@leadwire/contracts';
import { newId, systemCtx, type Ctx } from '@leadwire/kernel';
import { caller, eventually, TestService } from '@leadwire/testing';
import { billingService } from '../src/billing.module.js';
import { migrations } from '../src/migrations/index.js';
import { mails, send } from './mails.js';

const OPERATOR = systemCtx('', { deadline: Date.now() + 600_000 });

describe('wallets under the eyes of operators', () => {
  let service: TestService;
  let wallets: WalletsApi;
  let operators: WalletOperatorsApi;

  beforeAll(async () => {
    service = await TestService.start(billingService, { migrations });
    wallets = service.client(walletsApi);
    operators = service.client(walletOperatorsApi);
  });
  afterAll(() => service.stop());

  const funded = async (): Promise<Ctx> => {
    const ctx = caller();
    await wallets.get(ctx, {});
    return ctx;
  };
  const used = (ctx: Ctx, status: 'usageCharged' | 'usagePending', count: number) =>
    eventually(async () => {
      const audit = await wallets.audit(ctx, {});
      if (audit[status] !== count) throw new Error(JSON.stringify(audit));
      return audit;
    });

  it('a frozen wallet takes nothing in and pays nothing, keeps usage waiting, and says why', async () => {
    const ctx = await funded();
    const frozen = await operators.freeze(OPERATOR, {
      tenantId: ctx.tenantId,
      reason: 'Asked by their bank',
    });
    expect(frozen).toMatchObject({ status: 'frozen', frozenCause: 'operator', balance: '10.000000' });
    await expect(wallets.topUp(ctx, { amount: '5' })).rejects.toMatchObject({ code: 'wallet.frozen' });
    await send(service, ctx.tenantId, mails(3));
    await used(ctx, 'usagePending', 3);
    expect(await wallets.get(ctx, {})).toMatchObject({
      status: 'frozen',
      frozenReason: 'Asked by their bank',
      balance: '10.000000',
    });
    const [told, ...more] = await service.events(WalletFrozen, ctx.tenantId);
    expect(told?.data).toMatchObject({ cause: 'operator', reason: 'Asked by their bank' });
    expect(more).toEqual([]);
  });

  it('an unfrozen wallet charges what waited, once, and takes money again', async () => {
    const ctx = await funded();
    const { tenantId } = ctx;
    await operators.freeze(OPERATOR, { tenantId, reason: 'Checked by hand' });
    await send(service, tenantId, mails(4));
    await used(ctx, 'usagePending', 4);
    expect(await operators.unfreeze(OPERATOR, { tenantId })).toMatchObject({
      status: 'active',
      frozenReason: null,
      frozenCause: null,
      balance: '9.996000',
    });
    expect(await used(ctx, 'usageCharged', 4)).toMatchObject({ usagePending: 0, ok: true });
    expect(await service.events(WalletUnfrozen, tenantId)).toMatchObject([{ data: { cause: 'operator' } }]);
    expect(await service.events(FundsAvailable, tenantId)).toHaveLength(1);
    await wallets.topUp(ctx, { amount: '5' });
  });

  it('freezing twice, and unfreezing what is not frozen, are refused', async () => {
    const { tenantId } = await funded();
    await expect(operators.unfreeze(OPERATOR, { tenantId })).rejects.toMatchObject({
      code: 'wallet.not_frozen',
    });
    await operators.freeze(OPERATOR, { tenantId, reason: 'Once' });
    await expect(operators.freeze(OPERATOR, { tenantId, reason: 'Twice' })).rejects.toMatchObject({
      code: 'wallet.frozen',
    });
    expect(await service.events(WalletFrozen, tenantId)).toHaveLength(1);
  });

  it.each(['get', 'audit', 'freeze', 'unfreeze'] as const)(
    '%s knows no wallet of a stranger',
    async (method) => {
      const input = { tenantId: newId(), ...(method === 'freeze' ? { reason: 'Whose?' } : {}) };
      await expect(operators[method](OPERATOR, input as never)).rejects.toMatchObject({
        code: 'wallet.not_found',
      });
      expect(
        await service.database.query('SELECT FROM billing.billing_wallets WHERE tenant_id = $1', [
          input.tenantId,
        ]),
      ).toEqual([]);
    },
  );

  it.each([
    ['no reason', {}],
    ['an empty reason', { reason: '' }],
    ['a blank reason', { reason: ' ' }],
    ['too long a reason', { reason: 'x'.repeat(501) }],
  ])('refuses to freeze for %s', async (_, input) => {
    const { tenantId } = await funded();
    await expect(operators.freeze(OPERATOR, { tenantId, ...input } as never)).rejects.toMatchObject({
      code: 'request.invalid',
    });
  });

  it('no role of a team may ask any of it', async () => {
    const ctx = await funded();
    await expect(operators.get(ctx, { tenantId: ctx.tenantId })).rejects.toMatchObject({
      code: 'request.forbidden',
    });
  });

  it('lists every wallet with how far it was audited, in pages', async () => {
    const { tenantId } = await funded();
    const seen: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await operators.list(OPERATOR, { limit: 2, ...(cursor ? { cursor } : {}) });
      seen.push(...page.items.map((item) => item.tenantId));
      if (page.next === null) break;
      cursor = page.next;
    }
    expect(seen.filter((id) => id === tenantId)).toHaveLength(1);
    expect(new Set(seen).size).toBe(seen.length);
  });

  describe('the warning of a low balance', () => {
    const warned = async (ctx: Ctx) =>
      (await service.events(LowBalanceReached, ctx.tenantId)).map(({ data }) => data);

    it('comes once on the way down and again only after the balance was a tenth above the threshold', async () => {
      const ctx = await funded();
      await wallets.update(ctx, { lowBalanceThreshold: '9.998' });
      await send(service, ctx.tenantId, mails(3));
      await used(ctx, 'usageCharged', 3);
      expect(await warned(ctx)).toMatchObject([{ threshold: '9.998000' }]);
      // Above it, but only just: whoever hovers there is not told time and again.
      await wallets.topUp(ctx, { amount: '0.1' });
      await send(service, ctx.tenantId, mails(200));
      await used(ctx, 'usageCharged', 203);
      expect(await warned(ctx)).toHaveLength(1);
      await wallets.topUp(ctx, { amount: '1.1008' });
      await send(service, ctx.tenantId, mails(1));
      await used(ctx, 'usageCharged', 204);
      expect(await warned(ctx)).toHaveLength(1);
      expect(await wallets.get(ctx, {})).toMatchObject({ lowBalanceNotifiedAt: null });
      await wallets.update(ctx, { lowBalanceThreshold: '10.995' });
      await send(service, ctx.tenantId, mails(3));
      await used(ctx, 'usageCharged', 207);
      expect(await warned(ctx)).toHaveLength(2);
    });

    it('is for the team to set, or to switch off', async () => {
      const ctx = await funded();
      expect(await wallets.update(ctx, { lowBalanceThreshold: '12.5' })).toMatchObject({
        lowBalanceThreshold: '12.500000',
      });
      expect(await wallets.update(ctx, {})).toMatchObject({ lowBalanceThreshold: '12.500000' });
      expect(await wallets.update(ctx, { lowBalanceThreshold: null })).toMatchObject({
        lowBalanceThreshold: null,
      });
      await send(service, ctx.tenantId, mails(1));
      await used(ctx, 'usageCharged', 1);
      expect(await warned(ctx)).toEqual([]);
    });

    it.each(['-1', '1.0000001', 'NaN', '1e3', '', 5, '999999999999999'])('is not set to %p', async (bad) => {
      const input = { lowBalanceThreshold: bad as string };
      await expect(wallets.update(caller(), input)).rejects.toMatchObject({ code: 'request.invalid' });
    });

    it.each(['manager', 'agent', 'viewer'] as const)('is not for a %s to set', async (role) => {
      await expect(wallets.update(caller(role), { lowBalanceThreshold: '1' })).rejects.toMatchObject({
        code: 'request.forbidden',
      });
    });
  });
});
