// A service of the bench's own: what is measured is the foundation, with no feature in the way.
import { Module, type DynamicModule } from '@nestjs/common';
import { defineEvent, Int, type EventOf } from '@leadwire/contracts';
import { Consumes, On } from '@leadwire/messaging';
import { erasureTables, messagingTables, type MigrationClass, type TenantDb } from '@leadwire/persistence';
import {
  databaseConfig,
  processConfig,
  ServiceModule,
  type ConfigOf,
  type ServiceRuntime,
} from '@leadwire/platform';
import type { QueryRunner } from 'typeorm';

const config = { ...processConfig, ...databaseConfig };
type Runtime = ServiceRuntime<ConfigOf<typeof config>>;

export class TickedData {
  declare n: number;
}
Int()(TickedData.prototype, 'n');
export const Ticked = defineEvent('producer.clock.ticked', TickedData, 'The bench counted one further.');

function migrationFor(service: string): MigrationClass {
  return class CreateBench20261122120000 {
    name = 'CreateBench20261122120000';

    async up(runner: QueryRunner): Promise<void> {
      for (const sql of [...messagingTables(service), ...erasureTables(service)]) await runner.query(sql);
    }

    async down(): Promise<void> {
      throw new Error('Migrations go forward only.');
    }
  };
}

/** The two schemas of the bench: one announces, the other listens. */
export const benchSchemas = ['producer', 'listener'].map((service) => ({
  service,
  migrations: [migrationFor(service)],
}));

/** Notes when each event was handled, inside its transaction's last moment. */
export function listenerService(handled: (n: number) => void) {
  class TickListener {
    async ticked(events: EventOf<typeof Ticked>[], _db: TenantDb): Promise<void> {
      for (const { data } of events) handled(data.n);
    }
  }
  On(Ticked, { batch: 100 })(TickListener.prototype, 'ticked', {
    value: TickListener.prototype.ticked,
  } as TypedPropertyDescriptor<unknown>);
  Consumes('listener__ticks')(TickListener);
  return serviceOf('listener', [TickListener]);
}

export function producerService() {
  return serviceOf('producer', []);
}

function serviceOf(name: string, controllers: (new () => object)[]) {
  class BenchModule {}
  Module({})(BenchModule);
  return {
    name,
    config,
    module: (runtime: Runtime): DynamicModule => ({
      module: BenchModule,
      imports: [ServiceModule.forRoot(runtime, [])],
      controllers,
    }),
  };
}
