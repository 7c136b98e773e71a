import type { MigrationClass } from '@leadwire/persistence';
import { CreateBilling20261122120000 } from './20261122120000-create-billing.js';
import { PostingCore20261123235000 } from './20261123235000-posting-core.js';
import { EraseTenants20261124000000 } from './20261124000000-erase-tenants.js';
import { Limits20261129100000 } from './20261129100000-limits.js';
import { PriceSchemes20261129110000 } from './20261129110000-price-schemes.js';
import { UsageStates20261129120000 } from './20261129120000-usage-states.js';
import { Invoices20261129130000 } from './20261129130000-invoices.js';
import { Payments20261129140000 } from './20261129140000-payments.js';
import { SelfAudit20261129150000 } from './20261129150000-self-audit.js';
import { PostingSpeed20261129210000 } from './20261129210000-posting-speed.js';
import { LotInTheLedger20261130030000 } from './20261130030000-lot-in-the-ledger.js';
import { MonthsTakenBack20261130040000 } from './20261130040000-months-taken-back.js';
import { RoomInQuotas20261130060000 } from './20261130060000-room-in-quotas.js';
import { WhoSetQuotas20261130060100 } from './20261130060100-who-set-quotas.js';
import { OneTenantAWallet20261130070000 } from './20261130070000-one-tenant-a-wallet.js';
import { AuditOfWhatChanged20261130070100 } from './20261130070100-audit-of-what-changed.js';
import { MonthsCountedAgain20261130070200 } from './20261130070200-months-counted-again.js';
import { TenantStanding20261130080000 } from './20261130080000-tenant-standing.js';

/** In order; each runs once, in a transaction of its own. */
export const migrations: MigrationClass[] = [
  CreateBilling20261122120000,
  PostingCore20261123235000,
  EraseTenants20261124000000,
  Limits20261129100000,
  PriceSchemes20261129110000,
  UsageStates20261129120000,
  Invoices20261129130000,
  Payments20261129140000,
  SelfAudit20261129150000,
  PostingSpeed20261129210000,
  LotInTheLedger20261130030000,
  MonthsTakenBack20261130040000,
  RoomInQuotas20261130060000,
  WhoSetQuotas20261130060100,
  OneTenantAWallet20261130070000,
  AuditOfWhatChanged20261130070100,
  MonthsCountedAgain20261130070200,
  TenantStanding20261130080000,
];
