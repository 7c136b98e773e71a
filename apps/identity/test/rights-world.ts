import { entitlementsApi, RightsChanged } from '@leadwire/contracts';
import { SnapshotBucket, type TenantSnapshot } from '@leadwire/entitlements';
import { systemCtx, type Ctx } from '@leadwire/kernel';
import { eventually, type OutboxEvent, type TestService } from '@leadwire/testing';
import { startIdentity } from './identity-client.js';

/** Identity, and what it publishes about rights. */
export class RightsWorld {
  readonly bucket: SnapshotBucket;

  private constructor(readonly service: TestService) {
    this.bucket = new SnapshotBucket(service.connection);
  }

  static async start(): Promise<RightsWorld> {
    return new RightsWorld(await startIdentity());
  }

  changes(tenantId: string): Promise<OutboxEvent[]> {
    return this.service.events(RightsChanged, tenantId);
  }

  /** The tenant's snapshot once it is as it should be. */
  published(tenantId: string, check: (snapshot: TenantSnapshot) => boolean): Promise<TenantSnapshot> {
    return eventually(async () => {
      const stored = await this.bucket.tenant(tenantId);
      return stored && check(stored.snapshot) && stored.snapshot;
    });
  }

  mine(ctx: Ctx, explain?: string) {
    return this.service.client(entitlementsApi).mine(ctx, explain === undefined ? {} : { explain });
  }

  async launchOf(ctx: Ctx) {
    const { capabilities } = await this.mine(ctx);
    return capabilities.find(({ capability }) => capability === 'campaigns.launch');
  }
}

export const operator = () => systemCtx('');

export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    (error: { code: string }) => error.code,
  );
