import { Inject } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import {
  VIOLATIONS_NAMED_MAX,
  walletErrors,
  walletOperatorsApi,
  type FreezeWallet,
  type ListWalletUpkeep,
  type OperatorWallet,
  type Page,
  type TenantRef,
  type WalletOperatorsApi,
  type WalletUpkeep,
  type WalletVerdict,
} from '@leadwire/contracts';
import { Clock, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, TenantTransaction } from '@leadwire/persistence';
import type { DataSource } from 'typeorm';
import { SelfAudit } from '../audit/self-audit.js';
import { WalletTransaction } from '../ledger/wallet-transaction.js';
import { asTenant } from '../operators/as-tenant.js';
import { RELEASE_EVENTS } from '../payments/payment-events.queries.js';
import { Charging } from '../usage/charging.js';
import { freezeWallet, unfreezeWallet } from './freezing.js';
import {
  LIST_WALLET_UPKEEP,
  OPERATOR_WALLET,
  type OperatorWalletRow,
  type WalletUpkeepRow,
} from './wallet-operators.queries.js';

const LIST = 'wallet-upkeep';

/** The door of those who run the platform to the wallets of teams: it takes requests of the system only. */
@Serves(walletOperatorsApi)
export class WalletOperatorsService implements WalletOperatorsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(getDataSourceToken()) private readonly dataSource: DataSource,
    @Inject(Cursors) private readonly cursors: Cursors,
    @Inject(WalletTransaction) private readonly wallets: WalletTransaction,
    @Inject(Charging) private readonly charging: Charging,
    @Inject(SelfAudit) private readonly selfAudit: SelfAudit,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async list(ctx: Ctx, input: ListWalletUpkeep): Promise<Page<WalletUpkeep>> {
    const { after, limit } = this.cursors.read(ctx, LIST, input);
    const rows = await this.dataSource.query<WalletUpkeepRow[]>(LIST_WALLET_UPKEEP, [
      after?.[0] ?? null,
      limit + 1,
    ]);
    return this.cursors.page(ctx, LIST, input, rows, ({ walletId }) => [walletId], toUpkeep);
  }

  async get(ctx: Ctx, { tenantId }: TenantRef): Promise<OperatorWallet> {
    return toOperatorWallet(await this.read(ctx, tenantId));
  }

  async audit(ctx: Ctx, { tenantId }: TenantRef): Promise<WalletVerdict> {
    const { walletId } = await this.read(ctx, tenantId);
    const violations = await this.selfAudit.whole(tenantId, walletId);
    const { status, postings } = await this.read(ctx, tenantId);
    const named = violations.slice(0, VIOLATIONS_NAMED_MAX);
    return {
      walletId,
      status,
      postings: Number(postings),
      violations: named.map(({ invariant, row, detail }) => ({ invariant, row, detail })),
    };
  }

  async freeze(ctx: Ctx, { tenantId, reason }: FreezeWallet): Promise<OperatorWallet> {
    await this.read(ctx, tenantId);
    await this.wallets.run(asTenant(ctx, tenantId), async (db, wallet) => {
      const stopped = await freezeWallet(db, wallet, { cause: 'operator', reason, now: this.clock.now() });
      if (!stopped) throw walletErrors.frozen();
    });
    return this.get(ctx, { tenantId });
  }

  /** What waited meanwhile is charged as far as one batch goes; the sweeper goes on with the rest. Payments are added at once. */
  async unfreeze(ctx: Ctx, { tenantId }: TenantRef): Promise<OperatorWallet> {
    const { walletId, status } = await this.read(ctx, tenantId);
    if (status !== 'frozen') throw walletErrors.not_frozen();
    const violations = await this.selfAudit.whole(tenantId, walletId);
    if (violations.length > 0)
      throw walletErrors.violated({ extras: { invariant: violations[0]?.invariant } });
    await this.wallets.run(asTenant(ctx, tenantId), async (db, wallet) => {
      if (!(await unfreezeWallet(db, wallet))) throw walletErrors.not_frozen();
      await db.execute(RELEASE_EVENTS, [walletErrors.frozen().message, this.clock.now()]);
      await this.charging.chargePending(db, wallet);
    });
    return this.get(ctx, { tenantId });
  }

  private async read(ctx: Ctx, tenantId: string): Promise<OperatorWalletRow> {
    const [row] = await this.tenant.read<OperatorWalletRow>(asTenant(ctx, tenantId), OPERATOR_WALLET, [
      tenantId,
    ]);
    if (!row) throw walletErrors.not_found();
    return row;
  }
}

function toUpkeep({ postings, auditedPostings, fullyAuditedAt, ...row }: WalletUpkeepRow): WalletUpkeep {
  return {
    ...row,
    postings: Number(postings),
    auditedPostings: Number(auditedPostings),
    fullyAuditedAt: fullyAuditedAt.toISOString(),
  };
}

function toOperatorWallet({ postings: _, frozenAt, ...row }: OperatorWalletRow): OperatorWallet {
  return { ...row, frozenAt: frozenAt?.toISOString() ?? null };
}
