import { Inject } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import {
  operatorChargesApi,
  REPLAY_DIFFERENCES_MAX,
  REPLAY_USES_MAX,
  type BilledTenant,
  type ChargeReplay,
  type OperatorChargesApi,
  type Page,
  type PageRequest,
  type ReplayCharges,
} from '@leadwire/contracts';
import { systemCtx, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { Cursors, TenantTransaction } from '@leadwire/persistence';
import type { DataSource } from 'typeorm';
import { BILLED_TENANTS, CHARGED_USES, type ChargedUse } from './charges.queries.js';
import { pricesOfUses, replay } from './replay.js';

const TENANTS = 'operator-billed-tenants';
const REPLAY = 'operator-charge-replay';

/** The door of those who answer for the charges: it takes requests of the system only. */
@Serves(operatorChargesApi)
export class OperatorChargesService implements OperatorChargesApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @InjectDataSource() private readonly source: DataSource,
    @Inject(Cursors) private readonly cursors: Cursors,
  ) {}

  async listTenants(ctx: Ctx, input: PageRequest): Promise<Page<BilledTenant>> {
    const { after, limit } = this.cursors.read(ctx, TENANTS, input);
    const rows: BilledTenant[] = await this.source.query(BILLED_TENANTS, [after?.[0] ?? null, limit + 1]);
    return this.cursors.page(
      ctx,
      TENANTS,
      input,
      rows,
      ({ tenantId }) => [tenantId],
      (row) => row,
    );
  }

  replay(ctx: Ctx, input: ReplayCharges): Promise<ChargeReplay> {
    const { tenantId, from = null, to = null } = input;
    const asked = { ...input, limit: REPLAY_USES_MAX };
    const { after, limit } = this.cursors.read(ctx, REPLAY, asked);
    const place = [after?.[0] ?? null, after?.[1] ?? null];
    return this.tenant.run(tenantCtx(ctx, tenantId), async (db) => {
      const rows = await db.query<ChargedUse>(CHARGED_USES, [tenantId, from, to, ...place, limit + 1]);
      const position = ({ position: at, id }: ChargedUse) => [at, id];
      const { items: uses, next } = this.cursors.page(ctx, REPLAY, asked, rows, position, (row) => row);
      const prices = await pricesOfUses(db, uses);
      const differences = uses.flatMap((use) => replay(use, prices));
      return {
        uses: uses.length,
        items: uses.reduce((sum, { items }) => sum + items.length, 0),
        differing: differences.length,
        differences: differences.slice(0, REPLAY_DIFFERENCES_MAX),
        next,
      };
    });
  }
}

function tenantCtx({ requestId, traceparent, deadline }: Ctx, tenantId: string): Ctx {
  return systemCtx(tenantId, { requestId, traceparent, deadline });
}
