import { KvWatchInclude, type KvWatchEntry } from '@nats-io/kv';
import type { NatsConnection } from '@leadwire/messaging';
import { subjectOfKey, type BucketState, type SnapshotBucket } from './snapshot-bucket.js';
import { parseSnapshot, type GlobalSnapshot, type TenantSnapshot } from './snapshot.js';

const RETRY_MS = 500;
/** A watch of a bucket that is gone stays silent for ever, as one of a bucket in which nothing changes does: we look. */
const PROBE_EVERY_MS = 5_000;

export type SnapshotSink = {
  /** Null: the tenant is no more. */
  tenant: (tenantId: string, snapshot: TenantSnapshot | null, revision: number) => void;
  everybody: (snapshot: GlobalSnapshot, revision: number) => void;
  /** The bucket is another one than before: the broker had lost it. */
  renewed: () => void;
  stale: (isStale: boolean) => void;
};

/**
 * Follows the changes of the bucket, and after an absence of the broker goes on where it stopped, so that no change is
 * missed. Tells its sink when it cannot follow, and when it can again.
 */
export class SnapshotWatch {
  stale = false;
  private state: Pick<BucketState, 'created' | 'lastRevision'> | undefined;
  private entries: { stop: () => void } | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;
  private probing: NodeJS.Timeout | undefined;

  constructor(
    private readonly nats: NatsConnection,
    private readonly bucket: SnapshotBucket,
    private readonly sink: SnapshotSink,
  ) {}

  /** Resolves once changes are followed. @throws when the broker is away */
  async start(): Promise<void> {
    if (this.running) return;
    const entries = await this.open();
    if (this.stopped) return;
    this.running ??= this.follow(entries);
    void this.listenForLoss();
    this.probing ??= setInterval(() => void this.probe().catch(() => undefined), PROBE_EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.probing);
    this.entries?.stop();
    await this.running;
  }

  private async open() {
    const { kv, created, lastRevision } = await this.bucket.open();
    if (this.state && (this.state.created !== created || this.state.lastRevision > lastRevision)) {
      this.sink.renewed();
      // Read from its beginning: there is nothing that we could have seen of it.
      this.state = { created, lastRevision: 0 };
    }
    const from = (this.state ??= { created, lastRevision });
    const entries = await kv.watch({
      include: KvWatchInclude.UpdatesOnly,
      resumeFromRevision: from.lastRevision + 1,
    });
    this.entries = entries;
    // It may have been told to stop while it was beginning.
    if (this.stopped) entries.stop();
    return entries;
  }

  private async follow(first: Awaited<ReturnType<SnapshotWatch['open']>>): Promise<void> {
    let entries: typeof first | undefined = first;
    while (!this.stopped) {
      try {
        entries ??= await this.open();
        this.setStale(false);
        for await (const entry of entries) this.take(entry);
      } catch {
        // Told to the sink below; the reason is the broker's, and its log has it.
      }
      entries = undefined;
      if (this.stopped) return;
      if (this.nats.isClosed()) return this.setStale(true);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  private take(entry: KvWatchEntry): void {
    if (this.state) this.state.lastRevision = entry.revision;
    const about = subjectOfKey(entry.key);
    if (!about) return;
    const gone = entry.operation !== 'PUT';
    // What a newer version wrote in a format that we do not read is passed over: what we hold is better than nothing.
    const snapshot = gone ? undefined : parseSnapshot(entry.string());
    if (about === 'everybody') {
      if (snapshot) this.sink.everybody(snapshot as GlobalSnapshot, entry.revision);
    } else if (gone || snapshot) {
      this.sink.tenant(about.tenantId, (snapshot as TenantSnapshot | undefined) ?? null, entry.revision);
    }
  }

  private async probe(): Promise<void> {
    const created = await this.bucket.created();
    if (created !== this.state?.created) this.entries?.stop();
  }

  // The library's own watch notices a loss only after its heartbeats stay away; the connection knows at once.
  private async listenForLoss(): Promise<void> {
    for await (const { type } of this.nats.status()) {
      if (this.stopped) return;
      if (type === 'disconnect') this.setStale(true);
      if (type === 'reconnect') this.entries?.stop();
    }
  }

  private setStale(stale: boolean): void {
    if (this.stale === stale) return;
    this.stale = stale;
    this.sink.stale(stale);
  }
}
