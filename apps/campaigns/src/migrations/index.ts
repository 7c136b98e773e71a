import type { MigrationClass } from '@leadwire/persistence';
import { CreateCampaigns20261122120000 } from './20261122120000-create-campaigns.js';
import { HaltTenants20261123234110 } from './20261123234110-halt-tenants.js';
import { EraseTenants20261124000000 } from './20261124000000-erase-tenants.js';
import { KnownTimeZones20261130034600 } from './20261130034600-known-time-zones.js';
import { StopRemovedCampaigns20261130035500 } from './20261130035500-stop-removed-campaigns.js';

export const migrations: MigrationClass[] = [
  CreateCampaigns20261122120000,
  HaltTenants20261123234110,
  EraseTenants20261124000000,
  KnownTimeZones20261130034600,
  StopRemovedCampaigns20261130035500,
];
