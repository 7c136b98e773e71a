import { Inject } from '@nestjs/common';
import { TenantErased, type EventOf } from '@leadwire/contracts';
import { Consumes, On } from '@leadwire/messaging';
import { TenantErasures, type TenantDb } from '@leadwire/persistence';

/** Notes whose data is to go; the eraser takes it from there. */
@Consumes('campaigns__erasure')
export class ErasureConsumer {
  constructor(@Inject(TenantErasures) private readonly erasures: TenantErasures) {}

  @On(TenantErased)
  async tenantErased(_: EventOf<typeof TenantErased>, db: TenantDb): Promise<void> {
    await this.erasures.request(db);
  }
}
