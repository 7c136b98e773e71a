import type { MigrationClass } from '@leadwire/persistence';
import { CreatePipeline20261122190000 } from './20261122190000-create-pipeline.js';
import { CreateBookingsAndSourcing20261122190100 } from './20261122190100-create-bookings-and-sourcing.js';
import { CreateLeadImports20261122191000 } from './20261122191000-create-lead-imports.js';
import { SearchByWords20261123230000 } from './20261123230000-search-by-words.js';
import { HoldImports20261123234120 } from './20261123234120-hold-imports.js';
import { EraseTenants20261124000000 } from './20261124000000-erase-tenants.js';
import { WriteSearchOnce20261129230000 } from './20261129230000-write-search-once.js';
import { HoldImportsOfPeople20261130081000 } from './20261130081000-hold-imports-of-people.js';

/** Every migration of the schema `leads`, oldest first. */
export const migrations: MigrationClass[] = [
  CreatePipeline20261122190000,
  CreateBookingsAndSourcing20261122190100,
  CreateLeadImports20261122191000,
  SearchByWords20261123230000,
  HoldImports20261123234120,
  EraseTenants20261124000000,
  WriteSearchOnce20261129230000,
  HoldImportsOfPeople20261130081000,
];
