import type { MigrationClass } from '@leadwire/persistence';
import { CreateCampaigns20261122120000 } from './20261122120000-create-campaigns.js';
import { HaltTenants20261123234110 } from './20261123234110-halt-tenants.js';

export const migrations: MigrationClass[] = [CreateCampaigns20261122120000, HaltTenants20261123234110];
