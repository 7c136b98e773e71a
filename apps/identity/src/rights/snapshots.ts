import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { SnapshotBucket, type GlobalSnapshot, type TenantSnapshot } from '@leadwire/entitlements';
import { assert, systemCtx } from '@leadwire/kernel';
import { NATS_CONNECTION, type NatsConnection } from '@leadwire/messaging';
import { TenantTransaction, translateDatabaseError, type TenantDb } from '@leadwire/persistence';
import type { DataSource } from 'typeorm';
import { READ_EVERYBODY, READ_SNAPSHOT, TENANT_IDS_AFTER } from './rights.queries.js';
import { toGlobalSnapshot, toTenantSnapshot, type EverybodyRow, type SnapshotRow } from './snapshot-rows.js';

const PAGE = 200;
const AT_ONCE = 8;

/** Builds what others decide from, out of the rows, and publishes it; an older one never replaces a newer one. */
@Injectable()
export class Snapshots {
  private readonly bucket: SnapshotBucket;

  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @InjectDataSource() private readonly source: DataSource,
    @Inject(NATS_CONNECTION) nats: NatsConnection,
  ) {
    this.bucket = new SnapshotBucket(nats);
  }

  /** A tenant's rights as they are now; undefined when there is no such tenant. */
  async read(tenantId: string): Promise<TenantSnapshot | undefined> {
    const [row] = await this.tenant.read<SnapshotRow>(
      systemCtx(tenantId),
      READ_SNAPSHOT,
      [tenantId],
      'rights-snapshot',
    );
    return row && toTenantSnapshot(tenantId, row);
  }

  async readEverybody(): Promise<GlobalSnapshot> {
    const [row] = await this.query<EverybodyRow>(READ_EVERYBODY);
    assert(row, 'the version of the flags for everybody has one row');
    return toGlobalSnapshot(row);
  }

  async readEverybodyWithin(db: TenantDb): Promise<GlobalSnapshot> {
    const [row] = await db.query<EverybodyRow>(READ_EVERYBODY);
    assert(row, 'the version of the flags for everybody has one row');
    return toGlobalSnapshot(row);
  }

  /** Publishes what holds now; to be called after the change that it is about has committed. */
  async publish(tenantId: string): Promise<void> {
    await this.put(tenantId, await this.read(tenantId));
  }

  /** The same for whoever has a transaction open: asking for a second connection, many at once would wait for each other. */
  async publishWithin(db: TenantDb): Promise<void> {
    const [row] = await db.query<SnapshotRow>(READ_SNAPSHOT, [db.tenantId]);
    await this.put(db.tenantId, row && toTenantSnapshot(db.tenantId, row));
  }

  async publishEverybody(): Promise<void> {
    await this.bucket.putEverybody(await this.readEverybody());
  }

  /** Whether the broker has what we would publish: false after it lost its store, or before the first start. */
  async isBucketFilled(): Promise<boolean> {
    return (await this.bucket.everybody()) !== undefined;
  }

  /** Publishes all tenants' snapshots. Those for everybody come last: they are the sign that nothing is left to do. */
  async publishAll(isStopped: () => boolean = () => false): Promise<number> {
    let published = 0;
    for (let after: string | null = null; !isStopped();) {
      const ids: { id: string }[] = await this.query(TENANT_IDS_AFTER, [after, PAGE]);
      const waiting = [...ids];
      const publishNext = async () => {
        for (let next = waiting.shift(); next && !isStopped(); next = waiting.shift())
          await this.publish(next.id);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, publishNext));
      published += ids.length;
      after = ids.at(-1)?.id ?? null;
      if (ids.length < PAGE) break;
    }
    if (!isStopped()) await this.publishEverybody();
    return published;
  }

  /** Empties the bucket first, so that what is there counts for nothing, however new it claims to be. */
  async republishAll(): Promise<number> {
    await this.bucket.clear();
    return this.publishAll();
  }

  private async put(tenantId: string, snapshot: TenantSnapshot | undefined): Promise<void> {
    if (snapshot) await this.bucket.putTenant(snapshot);
    else await this.bucket.removeTenant(tenantId);
  }

  private async query<R>(sql: string, params: unknown[] = []): Promise<R[]> {
    try {
      return await this.source.query<R[]>(sql, params);
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }
}
