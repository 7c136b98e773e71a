// Child process of the parts that need billing as it is deployed.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { systemCtx } from '@leadwire/kernel';
import { startService } from '@leadwire/platform';
import { ROOT } from '../infra/paths.ts';
import type { BillingAnswer, BillingOrder } from './billing-process.ts';

const DIST = join(ROOT, 'apps', 'billing', 'dist');
const load = async (file: string) => import(pathToFileURL(join(DIST, file)).href);

const { billingService } = await load('billing.module.js');
const { QuotasService } = await load('quotas/quotas.service.js');
const { app, stop } = await startService(billingService);
const quotas: import('../../apps/billing/src/quotas/quotas.service.ts').QuotasService =
  app.get(QuotasService);
const say = (answer: BillingAnswer) => process.send?.(answer);

process.on('message', async (order: BillingOrder) => {
  if (order === 'stop') {
    await stop();
    process.exit(0);
  }
  const ctx = systemCtx(order.tenantId);
  const input = { feature: order.feature };
  await quotas.check(ctx, input);
  const started = performance.now();
  for (let i = 0; i < order.checks; i++) await quotas.check(ctx, input);
  say({ checkUs: ((performance.now() - started) * 1000) / order.checks });
});
// Whoever started it is gone.
process.once('disconnect', () => process.exit(1));
say('ready');
