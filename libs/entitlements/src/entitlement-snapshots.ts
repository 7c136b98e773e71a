import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { entitlementsApi, type EntitlementsApi } from '@leadwire/contracts';
import { requestErrors, systemCtx } from '@leadwire/kernel';
import { Client, NATS_CONNECTION, type NatsConnection } from '@leadwire/messaging';
import { noRights, TenantRights } from './rights.js';
import { SnapshotBucket } from './snapshot-bucket.js';
import { SnapshotWatch } from './snapshot-watch.js';
import { NO_GLOBAL_FLAGS, parseSnapshot, type GlobalSnapshot, type TenantSnapshot } from './snapshot.js';

/** Tenants whose rights one process holds ready; the one that was not asked about for longest goes first. */
const TENANTS_HELD_MAX = 5_000;
/** Identity is asked only for what the bucket does not have; it must not hold up a request for long. */
const ASK_DEADLINE_MS = 3_000;

type Held = {
  /** Null where identity knows no such tenant. */
  snapshot: TenantSnapshot | null;
  /** Place in the bucket's order; 0 for what identity said. */
  revision: number;
  everybody: GlobalSnapshot;
  rights: TenantRights;
};

/** What changed: a tenant's snapshot, or the flags for everybody. */
export type SnapshotChange = { tenantId: string | null; flagKeys: string[] };

export type SnapshotObserver = {
  changed?: (change: SnapshotChange) => void;
  stale?: (isStale: boolean) => void;
};

/**
 * Everybody's rights as far as this process was asked about them: read from the bucket, kept fresh by its changes, and asked of
 * identity only where the bucket has nothing. Once known, a tenant's rights are there without waiting, also while identity or
 * the broker is away. Nothing is read before the first question.
 */
@Injectable()
export class EntitlementSnapshots implements OnModuleDestroy {
  private readonly held = new Map<string, Held>();
  private readonly loading = new Map<string, Promise<TenantRights>>();
  private readonly observers = new Set<SnapshotObserver>();
  private readonly bucket: SnapshotBucket;
  private readonly watch: SnapshotWatch;
  private everybody: { snapshot: GlobalSnapshot; revision: number } | undefined;
  private starting: Promise<void> | undefined;

  constructor(
    @Inject(NATS_CONNECTION) nats: NatsConnection,
    @Client(entitlementsApi) private readonly identity: EntitlementsApi,
  ) {
    this.bucket = new SnapshotBucket(nats);
    this.watch = new SnapshotWatch(nats, this.bucket, {
      tenant: (tenantId, snapshot, revision) => this.takeTenant(tenantId, snapshot, revision),
      everybody: (snapshot, revision) => this.takeEverybody(snapshot, revision),
      renewed: () => this.renumber(),
      stale: (isStale) => this.tell(({ stale }) => stale?.(isStale)),
    });
  }

  /** Cut off from the broker: answers go on, but may be out of date. */
  get stale(): boolean {
    return this.watch.stale;
  }

  /** Begins to follow the bucket; called by the first question unless somebody wants to be ready before. */
  start(): Promise<void> {
    this.starting ??= this.begin().catch((error: unknown) => {
      this.starting = undefined;
      throw error;
    });
    return this.starting;
  }

  async onModuleDestroy(): Promise<void> {
    await this.watch.stop();
  }

  observe(observer: SnapshotObserver): () => void {
    this.observers.add(observer);
    return () => this.observers.delete(observer);
  }

  /** A tenant's rights if they are here. */
  known(tenantId: string): TenantRights | undefined {
    const held = this.held.get(tenantId);
    if (!held) return undefined;
    this.held.delete(tenantId);
    this.held.set(tenantId, held);
    const everybody = this.everybody?.snapshot ?? held.everybody;
    if (held.everybody !== everybody) this.compile(held, everybody);
    return held.rights;
  }

  /**
   * A tenant's rights; nobody's, where there is no such tenant.
   * @throws AppError `request.unavailable` | `request.timeout` when they are nowhere to be had
   */
  async of(tenantId: string): Promise<TenantRights> {
    const known = this.known(tenantId);
    if (known) return known;
    let loading = this.loading.get(tenantId);
    if (!loading) {
      loading = this.load(tenantId).finally(() => this.loading.delete(tenantId));
      this.loading.set(tenantId, loading);
    }
    return loading;
  }

  /** The flags that are for everybody. @throws AppError `request.unavailable` | `request.timeout` */
  async forEverybody(): Promise<TenantRights> {
    await this.start();
    return new TenantRights(NOBODY, this.everybody?.snapshot ?? NO_GLOBAL_FLAGS);
  }

  private async begin(): Promise<void> {
    await this.watch.start();
    const stored = await this.bucket.everybody();
    if (stored) this.takeEverybody(stored.snapshot, stored.revision);
  }

  private async load(tenantId: string): Promise<TenantRights> {
    const stored = await this.fromBucket(tenantId);
    if (stored && this.everybody) this.hold(tenantId, stored.snapshot, stored.revision);
    else await this.askIdentity(tenantId);
    return this.known(tenantId) ?? noRights(tenantId);
  }

  private async fromBucket(tenantId: string) {
    try {
      await this.start();
      return await this.bucket.tenant(tenantId);
    } catch {
      // Without the bucket there is still identity.
      return undefined;
    }
  }

  private async askIdentity(tenantId: string): Promise<void> {
    const ctx = systemCtx(tenantId, { deadline: Date.now() + ASK_DEADLINE_MS });
    const { tenant, everybody } = await this.identity.snapshot(ctx, {});
    const flags = parseSnapshot<GlobalSnapshot>(everybody);
    if (flags && !this.everybody) this.everybody = { snapshot: flags, revision: 0 };
    const snapshot = tenant === null ? null : parseSnapshot<TenantSnapshot>(tenant);
    if (snapshot === undefined) throw requestErrors.unavailable({ internal: 'a snapshot of another format' });
    this.hold(tenantId, snapshot, 0);
  }

  // What the watch brought while we were asking is newer than the answer.
  private hold(tenantId: string, snapshot: TenantSnapshot | null, revision: number): void {
    const there = this.held.get(tenantId);
    if (there && there.revision >= revision) return;
    const everybody = this.everybody?.snapshot ?? NO_GLOBAL_FLAGS;
    const rights = snapshot ? new TenantRights(snapshot, everybody) : noRights(tenantId);
    this.held.delete(tenantId);
    this.held.set(tenantId, { snapshot, revision, everybody, rights });
    if (this.held.size <= TENANTS_HELD_MAX) return;
    const [oldest] = this.held.keys();
    if (oldest !== undefined) this.held.delete(oldest);
  }

  private compile(held: Held, everybody: GlobalSnapshot): void {
    held.everybody = everybody;
    if (held.snapshot) held.rights = new TenantRights(held.snapshot, everybody);
  }

  private takeTenant(tenantId: string, snapshot: TenantSnapshot | null, revision: number): void {
    if (!this.held.has(tenantId) && !this.loading.has(tenantId)) return;
    this.hold(tenantId, snapshot, revision);
    const flagKeys = snapshot ? [...Object.keys(snapshot.flags), ...Object.keys(snapshot.userFlags)] : [];
    this.tell(({ changed }) => changed?.({ tenantId, flagKeys }));
  }

  private takeEverybody(snapshot: GlobalSnapshot, revision: number): void {
    if (this.everybody && this.everybody.revision >= revision) return;
    const keys = new Set([
      ...Object.keys(this.everybody?.snapshot.flags ?? {}),
      ...Object.keys(snapshot.flags),
    ]);
    this.everybody = { snapshot, revision };
    this.tell(({ changed }) => changed?.({ tenantId: null, flagKeys: [...keys] }));
  }

  // Revisions begin anew with a new bucket: whatever it brings is newer than what we hold, which stays good until then.
  private renumber(): void {
    for (const held of this.held.values()) held.revision = 0;
    if (this.everybody) this.everybody.revision = 0;
  }

  private tell(what: (observer: SnapshotObserver) => void): void {
    for (const observer of this.observers) what(observer);
  }
}

const NOBODY: TenantSnapshot = {
  format: 1,
  tenantId: '',
  version: 0,
  status: 'active',
  planTier: 'none',
  features: {},
  rights: {},
  flags: {},
  userFlags: {},
};
