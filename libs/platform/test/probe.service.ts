import { Inject, Module, type DynamicModule } from '@nestjs/common';
import { defineApi, defineEvent, Int, Text, Uuid, type EventOf } from '@leadwire/contracts';
import { defineErrors, requestErrors, type Ctx } from '@leadwire/kernel';
import { Consumes, On, Serves } from '@leadwire/messaging';
import {
  erasureTables,
  messagingTables,
  TenantTransaction,
  tenantIsolation,
  touchUpdatedAt,
  type TenantDb,
} from '@leadwire/persistence';
import {
  databaseConfig,
  processConfig,
  ServiceModule,
  type ConfigOf,
  type ServiceRuntime,
} from '../src/index.js';
import { Column, Entity, PrimaryColumn, type MigrationInterface, type QueryRunner } from 'typeorm';

/** The smallest service there can be: what the foundation promises is tested on it, not on a product's feature. */
export class AddItem {
  @Text({ max: 100, min: 1 })
  name!: string;

  @Int({ min: 0, max: 1000, optional: true })
  weight?: number;
}
export class ItemRef {
  @Uuid()
  id!: string;
}
export class Item {
  @Uuid()
  id!: string;

  @Text({ max: 100 })
  name!: string;

  @Int()
  weight!: number;
}
export interface ItemsApi {
  add(ctx: Ctx, input: AddItem): Promise<Item>;
  get(ctx: Ctx, input: ItemRef): Promise<Item>;
  explode(ctx: Ctx, input: ItemRef): Promise<Item>;
}
export const itemsApi = defineApi<ItemsApi>('probe.items', {
  add: { input: AddItem, output: Item, can: 'leads.write' },
  get: { input: ItemRef, output: Item, can: 'leads.read', idempotent: true },
  explode: { input: ItemRef, output: Item, can: 'leads.read' },
});

export class ItemAddedData {
  @Text({ max: 100 })
  name!: string;
}
export const ItemAdded = defineEvent('probe.item.added', ItemAddedData, 'An item was added.');
export class OrderPlacedData {
  @Text({ max: 100 })
  item!: string;

  @Int()
  quantity!: number;
}
export const OrderPlaced = defineEvent('orders.order.placed', OrderPlacedData, 'Somebody ordered.');
export const OrderCancelled = defineEvent(
  'orders.order.cancelled',
  OrderPlacedData,
  'Somebody changed their mind.',
);

export const itemErrors = defineErrors('item', {
  not_found: { kind: 'not_found', text: 'There is no such item.' },
});

@Entity({ name: 'items' })
export class ItemEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @Column('varchar')
  name!: string;

  @Column('int', { default: 1 })
  weight!: number;
}

@Serves(itemsApi)
export class ItemsService implements ItemsApi {
  constructor(@Inject(TenantTransaction) private readonly tenant: TenantTransaction) {}

  add(ctx: Ctx, input: AddItem): Promise<Item> {
    return this.tenant.run(ctx, async (db) => {
      const { id, name, weight } = await db.insert(ItemEntity, { ...input });
      db.emit(ItemAdded, id, { name });
      return { id, name, weight };
    });
  }

  async get(ctx: Ctx, { id }: ItemRef): Promise<Item> {
    const [row] = await this.tenant.read<Item>(
      ctx,
      'SELECT id, name, weight FROM items WHERE tenant_id = $1 AND id = $2',
      [ctx.tenantId, id],
    );
    if (!row) throw itemErrors.not_found();
    return row;
  }

  explode(): Promise<Item> {
    throw new Error('the secret of the explosion');
  }
}

/** Adds up what was ordered; an item called "poison" cannot be handled until `OrdersConsumer.cured` is set. */
@Consumes('probe__orders')
export class OrdersConsumer {
  static cured = false;
  /** How often an order met a service that was away, while there is such a service. */
  static outage: { met: number } | undefined;

  @On(OrderPlaced, { batch: 50 })
  async placed(events: EventOf<typeof OrderPlaced>[], db: TenantDb): Promise<void> {
    for (const { data } of events) {
      if (data.item === 'poison' && !OrdersConsumer.cured) throw new Error('cannot stomach this');
      if (data.item === 'far' && OrdersConsumer.outage) {
        OrdersConsumer.outage.met++;
        throw requestErrors.unavailable({ internal: 'away' });
      }
      await db.execute(
        `INSERT INTO orders (tenant_id, item, quantity, handled) VALUES ($1, $2, $3, 1)
         ON CONFLICT (tenant_id, item) DO UPDATE SET quantity = orders.quantity + EXCLUDED.quantity, handled = orders.handled + 1`,
        [db.tenantId, data.item, data.quantity],
      );
    }
  }

  /** Cancels what was ordered before; of an order that is not there yet it knows nothing. */
  @On(OrderCancelled)
  async cancelled({ data }: EventOf<typeof OrderCancelled>, db: TenantDb): Promise<void> {
    await db.execute('UPDATE orders SET quantity = quantity - $3 WHERE tenant_id = $1 AND item = $2', [
      db.tenantId,
      data.item,
      data.quantity,
    ]);
  }
}

class CreateProbe20261122120000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      ...messagingTables('probe'),
      ...erasureTables('probe'),
      `CREATE TABLE items (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, name varchar NOT NULL, weight int NOT NULL DEFAULT 1,
         updated_at timestamptz NOT NULL DEFAULT now())`,
      ...tenantIsolation('items'),
      touchUpdatedAt('items'),
      `CREATE TABLE orders (tenant_id uuid NOT NULL, item varchar NOT NULL, quantity int NOT NULL, handled int NOT NULL,
         PRIMARY KEY (tenant_id, item))`,
      ...tenantIsolation('orders'),
    ];
    for (const sql of statements) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
export const probeMigrations = [CreateProbe20261122120000];

const probeConfig = { ...processConfig, ...databaseConfig };

@Module({})
class ProbeModule {
  static forRoot(runtime: ServiceRuntime<ConfigOf<typeof probeConfig>>): DynamicModule {
    return {
      module: ProbeModule,
      imports: [ServiceModule.forRoot(runtime, [ItemEntity])],
      controllers: [ItemsService, OrdersConsumer],
    };
  }
}

export const probeService = {
  name: 'probe',
  config: probeConfig,
  module: (runtime: ServiceRuntime<ConfigOf<typeof probeConfig>>) => ProbeModule.forRoot(runtime),
  retryDelaysMs: [10, 20],
};
