import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ENTITLED_FEATURES_MAX, QuotaChanged, subjectOf, WalletPosted } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { NATS_CONNECTION, type NatsConnection } from '@leadwire/messaging';
import { TenantTransaction } from '@leadwire/persistence';
import { QUOTAS, type QuotaRow } from './quotas.queries.js';

/** Tenants whose quotas one process holds ready; who was read first goes first. */
const TENANTS_HELD_MAX = 10_000;
/** How old an answer may be at most, should the news of a change be lost. */
const HELD_MS = 2_000;

export type Quotas = ReadonlyMap<string, QuotaRow>;
type Held = { quotas?: Quotas; loading: Promise<Quotas>; until: number };

/**
 * What was counted for quotas, as far as this process was asked about them: forgotten when any replica posts on the wallet or an
 * operator changes a quota. An answer from here is a hint; what counts is decided in the posting.
 */
@Injectable()
export class QuotaCache implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly held = new Map<string, Held>();
  private subscriptions: { unsubscribe: () => void }[] = [];

  constructor(
    @Inject(NATS_CONNECTION) private readonly nats: NatsConnection,
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
  ) {}

  // Every replica must hear all of it, which no durable consumer does.
  onApplicationBootstrap(): void {
    const callback = (_: unknown, { subject }: { subject: string }) =>
      this.forget(subject.slice(subject.lastIndexOf('.') + 1));
    this.subscriptions = [WalletPosted, QuotaChanged].map(({ type }) =>
      this.nats.subscribe(subjectOf(type, '*'), { callback }),
    );
  }

  beforeApplicationShutdown(): void {
    for (const subscription of this.subscriptions) subscription.unsubscribe();
  }

  /** The quotas of the caller's tenant by feature: at once where they are held. */
  of(ctx: Ctx): Quotas | Promise<Quotas> {
    const held = this.held.get(ctx.tenantId);
    if (held && held.until > performance.now()) return held.quotas ?? held.loading;
    const fresh: Held = { loading: this.read(ctx), until: performance.now() + HELD_MS };
    this.keep(ctx.tenantId, fresh);
    fresh.loading.then(
      (quotas) => (fresh.quotas = quotas),
      () => this.held.get(ctx.tenantId) === fresh && this.forget(ctx.tenantId),
    );
    return fresh.loading;
  }

  forget(tenantId: string): void {
    this.held.delete(tenantId);
  }

  private keep(tenantId: string, held: Held): void {
    this.held.delete(tenantId);
    this.held.set(tenantId, held);
    if (this.held.size <= TENANTS_HELD_MAX) return;
    const [oldest] = this.held.keys();
    if (oldest !== undefined) this.held.delete(oldest);
  }

  private async read(ctx: Ctx): Promise<Quotas> {
    const rows = await this.tenant.read<QuotaRow>(ctx, QUOTAS, [ctx.tenantId, ENTITLED_FEATURES_MAX]);
    return new Map(rows.map((row) => [row.feature, row]));
  }
}
