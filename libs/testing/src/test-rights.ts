import { entitlementsApi, type RightsSnapshot } from '@leadwire/contracts';
import {
  NO_GLOBAL_FLAGS,
  SnapshotBucket,
  type GlobalSnapshot,
  type TenantSnapshot,
} from '@leadwire/entitlements';
import type { NatsConnection } from '@leadwire/messaging';

/** A tenant's rights as identity publishes them for a new team, unless told otherwise. */
export function rightsOf(tenantId: string, over: Partial<TenantSnapshot> = {}): TenantSnapshot {
  return {
    format: 1,
    tenantId,
    version: 1,
    status: 'active',
    planTier: 'trial',
    features: {},
    rights: {},
    flags: {},
    userFlags: {},
    ...over,
  };
}

/** What identity answers to a process that finds no snapshot of a tenant: a new team, and no flags. */
export function snapshotOf(tenantId: string): RightsSnapshot {
  return { tenant: JSON.stringify(rightsOf(tenantId)), everybody: JSON.stringify(NO_GLOBAL_FLAGS) };
}

/** What identity does about rights, for processes that are tested without it: every tenant is a new team until a test says more. */
export class TestRights {
  private readonly bucket: SnapshotBucket;
  private version = 1;
  /** How often somebody asked because the bucket had nothing. */
  asked = 0;

  constructor(private readonly nats: NatsConnection) {
    this.bucket = new SnapshotBucket(nats);
  }

  /** Answers whoever finds nothing in the bucket. */
  serve(): this {
    this.nats.subscribe(entitlementsApi.snapshot.subject, {
      queue: 'identity',
      callback: (_, msg) => {
        this.asked++;
        const token = msg.headers?.get('Lw-Ctx').split('.')[0] ?? '';
        const { t: tenantId } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { t: string };
        msg.respond(JSON.stringify(snapshotOf(tenantId)));
      },
    });
    return this;
  }

  /** Publishes a change, as identity does after its commit. */
  async change(tenantId: string, over: Partial<TenantSnapshot>): Promise<void> {
    await this.bucket.putTenant(rightsOf(tenantId, { version: ++this.version, ...over }));
  }

  async changeForEverybody(flags: GlobalSnapshot['flags']): Promise<void> {
    await this.bucket.putEverybody({ format: 1, version: ++this.version, flags });
  }
}
