import { runService } from '@leadwire/platform';
import { billingService } from './billing.module.js';

await runService(billingService);
