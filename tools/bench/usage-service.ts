// Child process of the usage part: billing as it is deployed, with wallets that never run dry.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startService } from '@leadwire/platform';
import { ROOT } from '../infra/paths.ts';

const BILLING = join(ROOT, 'apps', 'billing', 'dist', 'billing.module.js');

const { billingService } = await import(pathToFileURL(BILLING).href);
const { stop } = await startService(billingService);
process.send?.({ ready: true });
process.once('message', () => void stop().then(() => process.exit(0)));
