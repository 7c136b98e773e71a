import { JetStreamApiCodes, JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import { Kvm, type KV } from '@nats-io/kv';
import { SNAPSHOT_BYTES_MAX } from '@leadwire/contracts';
import { assert } from '@leadwire/kernel';
import type { NatsConnection } from '@leadwire/messaging';
import { parseSnapshot, type GlobalSnapshot, type TenantSnapshot } from './snapshot.js';

/** Where identity publishes what others decide from: one key per tenant, and one for everybody. */
export const SNAPSHOT_BUCKET = 'entitlements';
const EVERYBODY = 'everybody';
/** Room for a million teams of ordinary size. */
const BUCKET_BYTES_MAX = 512 * 1024 * 1024;
const HEADER_ROOM_BYTES = 4 * 1024;
const TRIES_MAX = 5;

export type Stored<S> = { snapshot: S; revision: number };
export type BucketState = { kv: KV; created: string; lastRevision: number };

export function keyOf(tenantId: string): string {
  return `tenant.${tenantId}`;
}

/** The tenant that a key is about, or `everybody`; undefined for keys that are not ours. */
export function subjectOfKey(key: string): { tenantId: string } | 'everybody' | undefined {
  if (key === EVERYBODY) return 'everybody';
  return key.startsWith('tenant.') ? { tenantId: key.slice('tenant.'.length) } : undefined;
}

/** The NATS KV bucket of the snapshots. Whoever comes first makes it; a broker that lost it gets it back. */
export class SnapshotBucket {
  private kv: Promise<KV> | undefined;

  constructor(private readonly nats: NatsConnection) {}

  /** Opens the bucket anew and says how far it has come. @throws when the broker is away */
  async open(): Promise<BucketState> {
    this.kv = undefined;
    const kv = await this.bucket();
    const { streamInfo } = await kv.status();
    return { kv, created: String(streamInfo.created), lastRevision: streamInfo.state.last_seq };
  }

  /** When the bucket was made, which tells one from another; undefined when there is none. @throws when the broker is away */
  async created(): Promise<string | undefined> {
    try {
      const { streamInfo } = await (await this.bucket()).status();
      return String(streamInfo.created);
    } catch (error) {
      if (isBucketGone(error)) return undefined;
      throw error;
    }
  }

  tenant(tenantId: string): Promise<Stored<TenantSnapshot> | undefined> {
    return this.get<TenantSnapshot>(keyOf(tenantId));
  }

  everybody(): Promise<Stored<GlobalSnapshot> | undefined> {
    return this.get<GlobalSnapshot>(EVERYBODY);
  }

  /** Publishes unless the same version or a newer one is there, whoever else publishes at this moment; says whether it did. */
  putTenant(snapshot: TenantSnapshot): Promise<boolean> {
    return this.put(keyOf(snapshot.tenantId), snapshot);
  }

  putEverybody(snapshot: GlobalSnapshot): Promise<boolean> {
    return this.put(EVERYBODY, snapshot);
  }

  /** A tenant that is no more: readers then ask identity, and hear that there is none. */
  async removeTenant(tenantId: string): Promise<void> {
    await this.withBucket(async (kv) => {
      const entry = await kv.get(keyOf(tenantId));
      if (entry?.operation === 'PUT') await kv.purge(keyOf(tenantId));
    });
  }

  /** Takes everything out; readers keep what they hold until it is published again. */
  async clear(): Promise<void> {
    await this.withBucket(async (kv) => {
      const { streamInfo } = await kv.status();
      await (await jetstreamManager(this.nats)).streams.purge(streamInfo.config.name);
    });
  }

  private get<S extends TenantSnapshot | GlobalSnapshot>(key: string): Promise<Stored<S> | undefined> {
    return this.withBucket(async (kv) => {
      const entry = await kv.get(key);
      const snapshot = entry?.operation === 'PUT' ? parseSnapshot<S>(entry.string()) : undefined;
      return entry && snapshot ? { snapshot, revision: entry.revision } : undefined;
    });
  }

  private async put(key: string, snapshot: TenantSnapshot | GlobalSnapshot): Promise<boolean> {
    const text = JSON.stringify(snapshot);
    assert(
      Buffer.byteLength(text) <= SNAPSHOT_BYTES_MAX,
      'the limits of rows keep a snapshot within its size',
    );
    return this.withBucket(async (kv) => {
      for (let tries = 1; ; tries++) {
        const entry = await kv.get(key);
        const there = entry?.operation === 'PUT' ? parseSnapshot(entry.string()) : undefined;
        if (there && there.version >= snapshot.version) return false;
        try {
          await kv.put(key, text, { previousSeq: entry?.revision ?? 0 });
          return true;
        } catch (error) {
          // Somebody else published meanwhile: look again whether theirs is newer.
          if (tries >= TRIES_MAX || !isConflict(error)) throw error;
        }
      }
    });
  }

  private async withBucket<T>(work: (kv: KV) => Promise<T>): Promise<T> {
    try {
      return await work(await this.bucket());
    } catch (error) {
      if (!isBucketGone(error)) throw error;
      this.kv = undefined;
      return work(await this.bucket());
    }
  }

  private bucket(): Promise<KV> {
    this.kv ??= new Kvm(this.nats)
      .create(SNAPSHOT_BUCKET, {
        history: 1,
        // Only the leader's answers are sure to be the newest, which ordering depends on.
        allow_direct: false,
        max_bytes: BUCKET_BYTES_MAX,
        maxValueSize: SNAPSHOT_BYTES_MAX + HEADER_ROOM_BYTES,
      })
      .catch((error: unknown) => {
        this.kv = undefined;
        throw error;
      });
    return this.kv;
  }
}

function isConflict(error: unknown): boolean {
  return (
    error instanceof JetStreamApiError &&
    (error.code === JetStreamApiCodes.StreamWrongLastSequence ||
      error.code === JetStreamApiCodes.StreamWrongLastSequenceUnknown)
  );
}

// Reading a stream that is not there has no responders; publishing to one neither.
function isBucketGone(error: unknown): boolean {
  return /stream not found|no responders|503/i.test(
    error instanceof Error ? `${error.name} ${error.message}` : '',
  );
}
