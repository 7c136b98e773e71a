import { TestService } from '@leadwire/testing';
import { billingService } from '../src/billing.module.js';
import { migrations } from '../src/migrations/index.js';
import { grantedCredit } from './granted-credit.js';
import { LimitsBench } from './limits-bench.js';
import { violationsIn } from './postings.js';
import { serviceAllowances } from './service-allowances.js';
import { serviceQuotas } from './service-quotas.js';

describe('credit, quotas and allowances of the service', () => {
  let limits: LimitsBench;

  beforeAll(async () => {
    limits = await LimitsBench.start();
  });
  afterAll(async () => {
    expect(await violationsIn(limits.service.database)).toEqual([]);
    await limits.service.stop();
  });

  it('makes wallets in the currency of the deployment, which stays theirs', async () => {
    const ctx = await limits.team();
    expect((await limits.wallets.get(ctx, {})).currency).toBe('EUR');
    const change = limits.service.database.query(
      `UPDATE billing.billing_wallets SET currency = 'USD' WHERE tenant_id = $1`,
      [ctx.tenantId],
    );
    await expect(change).rejects.toMatchObject({ code: '42501' });
  });

  it('does not start with a currency that nobody pays in, and says so', async () => {
    const start = TestService.start(billingService, { migrations, env: { CURRENCY: 'XXX' } });
    await expect(start).rejects.toThrow(/CURRENCY.*ISO 4217/s);
  });

  grantedCredit(() => limits);
  serviceQuotas(() => limits);
  serviceAllowances(() => limits);
});
