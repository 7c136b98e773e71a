import { TenantCreated, type EventOf } from '@leadwire/contracts';
import { Consumes, On } from '@leadwire/messaging';
import type { TenantDb } from '@leadwire/persistence';
import { provisionLabels } from './labels.js';

/** Prepares the pipeline of a new team. */
@Consumes('leads__provisioning')
export class ProvisioningConsumer {
  @On(TenantCreated)
  tenantCreated(_event: EventOf<typeof TenantCreated>, db: TenantDb): Promise<void> {
    return provisionLabels(db);
  }
}
