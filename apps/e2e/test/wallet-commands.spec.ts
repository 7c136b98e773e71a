import {
  creditsApi,
  operatorsApi,
  quotasApi,
  topUpsApi,
  walletsApi,
  webhooksApi,
  type Api,
} from '@leadwire/contracts';
import { anonymousCtx, newId, systemCtx, type Ctx } from '@leadwire/kernel';
import { caller, eventually, StripeWire, TestService } from '@leadwire/testing';
import { runWalletsCommand } from '../../../tools/wallets/commands.ts';
import { billingService } from '../../billing/src/billing.module.js';
import { migrations } from '../../billing/src/migrations/index.js';

describe("the operator's commands on wallets", () => {
  let service: TestService;
  let ctx: Ctx;
  let stripe: StripeWire;

  beforeAll(async () => {
    stripe = await StripeWire.start();
    service = await TestService.start(billingService, { migrations, env: stripe.env });
    ctx = caller();
    await service.client(walletsApi).get(ctx, {});
    const acme = {
      id: ctx.tenantId,
      name: 'Acme',
      slug: 'acme',
      status: 'active',
      statusReason: null,
      statusChangedAt: null,
      planTier: 'trial',
      members: 1,
      createdAt: '2026-01-01T00:00:00.000Z',
      eraseAfter: null,
    };
    service.connection.subscribe(operatorsApi.listTenants.subject, {
      queue: 'identity',
      callback: (_, msg) => void msg.respond(JSON.stringify({ items: [acme], next: null })),
    });
  });
  afterAll(async () => {
    await service.stop();
    await stripe.stop();
  });

  const run = (words: string[], options: Record<string, string> = {}) => {
    const door = {
      client: <S>(api: Api<S>) => service.client(api),
      ctx: () => systemCtx('', { deadline: Date.now() + 20_000 }),
    };
    return runWalletsCommand(door, { words, options });
  };

  it('grant credit that ends with a day, once for its key', async () => {
    const key = newId();
    const options = { reason: 'Welcome', source: 'promotional', priority: '5', expires: '2098-12-31', key };
    expect(await run(['grant', 'acme', '5.5'], options)).toMatch(/^posted as .*; balance 15\.500000$/);
    expect(await run(['grant', ctx.tenantId, '5.5'], options)).toMatch(/^was posted before under this key/);
    const [lot] = (await service.client(creditsApi).list(ctx, {})).items;
    expect(lot).toMatchObject({
      source: 'promotional',
      priority: 5,
      granted: '5.500000',
      expiresAt: '2099-01-01T00:00:00.000Z',
    });
  });

  it('adjust the balance in either direction', async () => {
    expect(await run(['adjust', 'acme'], { amount: '-0.5', reason: 'Counted twice' })).toMatch(
      /balance 15\.000000$/,
    );
    expect(await run(['adjust', 'acme'], { amount: '0.25', reason: 'Half of it' })).toMatch(
      /balance 15\.250000$/,
    );
  });

  it('list payments by card and send money back, once for its key', async () => {
    expect(await run(['top-ups', 'acme'])).toBe('no payments');
    const topUps = service.client(topUpsApi);
    const { id: topUpId, checkoutUrl } = await topUps.create(ctx, { amount: '30' });
    stripe.pay(new URL(checkoutUrl as string).pathname.split('/').at(-1) as string);
    for (const event of stripe.events)
      await service.client(webhooksApi).receive(anonymousCtx(), stripe.webhook(event));
    await eventually(async () => (await topUps.get(ctx, { topUpId })).status === 'succeeded');
    const options = { reason: 'Ordered by mistake', amount: '5.5', key: newId() };
    expect(await run(['refund', 'acme', topUpId], options)).toMatch(
      /^refunded: .* succeeded {2}30\.000000 USD {2}5\.500000 refunded$/,
    );
    expect(await run(['refund', 'acme', topUpId], options)).toMatch(/^was refunded before under this key/);
    expect(await run(['top-ups', 'acme'])).toContain(topUpId);
    await expect(run(['refund', 'acme'], options)).rejects.toThrow('Name the top-up');
  });

  it('set quotas step by step and show them', async () => {
    expect(await run(['quotas', 'acme'])).toBe('no quotas: every feature may be used without a limit');
    await run(['quota', 'acme', 'voice'], { monthly: '1000', daily: '50' });
    const text = await run(['quota', 'acme', 'voice'], {
      daily: 'none',
      overages: 'yes',
      'overage-rate': '0.02',
    });
    expect(text).toMatch(
      /^voice {2}day: 0\.000000 of any number, .* month: 0\.000000 of 1000\.000000, .* more costs 0\.0200000000 a unit on top {2}set \S+ by operator$/,
    );
    const off = { enabled: 'no', reason: 'Their contract ended' };
    const said = /^voice {2}switched off {2}set \S+ by operator “Their contract ended”$/;
    expect(await run(['quota', 'acme', 'voice'], off)).toMatch(said);
    expect(await run(['quotas', 'acme'])).toMatch(said);
    expect((await service.client(quotasApi).list(ctx, {})).items).toMatchObject([{ enabled: false }]);
  });

  it.each<[string, string[], Record<string, string>, RegExp]>([
    ['a team that does not exist', ['quotas', 'nobody'], {}, /no team/],
    ['no reason', ['grant', 'acme', '5'], {}, /--reason/],
    ['no amount', ['grant', 'acme'], { reason: 'x' }, /how much/],
    ['a day that does not exist', ['grant', 'acme', '5'], { reason: 'x', expires: '2026-13-01' }, /no day/],
    ['nothing to change', ['quota', 'acme', 'voice'], {}, /what to change/],
    ['half an answer', ['quota', 'acme', 'voice'], { enabled: 'maybe' }, /yes or no/],
    ['a word that is none', ['constructor', 'acme'], {}, /npm run wallets -- grant/],
  ])('say what is wrong with %s', async (_, words, options, text) => {
    await expect(run(words, options)).rejects.toThrow(text);
  });
});
