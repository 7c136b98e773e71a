import type { MigrationClass } from '@leadwire/persistence';
import { CreateCampaigns20261122120000 } from './20261122120000-create-campaigns.js';

export const migrations: MigrationClass[] = [CreateCampaigns20261122120000];
