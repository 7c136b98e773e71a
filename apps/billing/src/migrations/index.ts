import type { MigrationClass } from '@leadwire/persistence';
import { CreateBilling20261122120000 } from './20261122120000-create-billing.js';

/** In order; each runs once, in a transaction of its own. */
export const migrations: MigrationClass[] = [CreateBilling20261122120000];
