import { Inject } from '@nestjs/common';
import {
  ENTITLED_FEATURES_MAX,
  QuotaChanged,
  quotaErrors,
  quotaOperatorsApi,
  walletErrors,
  type BillingEntitlements,
  type QuotaOperatorsApi,
  type QuotaSetter,
  type SetQuota,
  type TenantRef,
} from '@leadwire/contracts';
import { Clock, newId, requestErrors, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { WalletLock } from '../ledger/wallet-lock.js';
import { asTenant } from '../operators/as-tenant.js';
import { QuotaSweeper } from './quota-sweeper.js';
import { QuotaCache } from './quota-cache.js';
import { entitlementsAt } from './quota-state.js';
import { HAS_WALLET, QUOTAS, SET_ENTITLEMENT, type QuotaRow } from './quotas.queries.js';

type Limits = Pick<QuotaRow, 'enabled' | 'dailyQuota' | 'monthlyQuota' | 'allowOverages' | 'overageRate'>;

/** Who set it, and why; what was said of an earlier setting says nothing of this one. */
type Cause = { setBy: QuotaSetter; reason: string | undefined };

const NO_LIMITS: Limits = {
  enabled: true,
  dailyQuota: null,
  monthlyQuota: null,
  allowOverages: false,
  overageRate: null,
};

/** What a team's plan lets it use of a feature, as those set it who run the platform. */
@Serves(quotaOperatorsApi)
export class QuotaOperatorsService implements QuotaOperatorsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(WalletLock) private readonly wallets: WalletLock,
    @Inject(QuotaCache) private readonly cache: QuotaCache,
    @Inject(QuotaSweeper) private readonly sweeper: QuotaSweeper,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async list(ctx: Ctx, { tenantId }: TenantRef): Promise<BillingEntitlements> {
    const params = [tenantId, ENTITLED_FEATURES_MAX];
    const rows = await this.tenant.read<QuotaRow>(asTenant(ctx, tenantId), QUOTAS, params);
    return entitlementsAt(rows, this.clock.now());
  }

  async set(ctx: Ctx, { tenantId, feature, reason, ...changes }: SetQuota): Promise<BillingEntitlements> {
    await this.tenant.run(asTenant(ctx, tenantId), async (db) => {
      if ((await db.query(HAS_WALLET, [tenantId])).length === 0) throw walletErrors.not_found();
      // Nobody posts, and so nobody counts, while it changes.
      const wallet = await this.wallets.take(db);
      await this.write(db, feature, changes, { setBy: 'operator', reason });
      await wallet.save();
    });
    this.cache.forget(tenantId);
    this.sweeper.wake();
    return this.list(ctx, { tenantId });
  }

  private async write(db: TenantDb, feature: string, changes: Partial<Limits>, cause: Cause): Promise<void> {
    const rows = await db.query<QuotaRow>(QUOTAS, [db.tenantId, ENTITLED_FEATURES_MAX]);
    const before = rows.find((row) => row.feature === feature);
    if (!before && rows.length === ENTITLED_FEATURES_MAX) throw quotaErrors.too_many();
    const limits: Limits = { ...NO_LIMITS, ...before, ...defined(changes) };
    const { enabled, monthlyQuota, dailyQuota, allowOverages, overageRate } = limits;
    if (overageRate !== null && !allowOverages) throw needsOverages();
    const id = before?.id ?? newId();
    await db.execute(SET_ENTITLEMENT, [
      db.tenantId,
      id,
      feature,
      enabled,
      monthlyQuota,
      dailyQuota,
      allowOverages,
      overageRate,
      JSON.stringify(cause),
      this.clock.now(),
    ]);
    db.emit(QuotaChanged, id, { feature });
  }
}

function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function needsOverages(): Error {
  const detail = 'needs allowOverages: past a hard quota nothing is used that could cost it';
  return requestErrors.invalid({ errors: [{ pointer: '/overageRate', code: 'overage', detail }] });
}
