import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { EventInbox, NATS_CONNECTION, type NatsConnection } from '@leadwire/messaging';
import type { DataSource, EntitySchema } from 'typeorm';
import pg from 'pg';
import { Cursors } from './cursor.js';
import { OutboxSignal } from './outbox.js';
import { PostgresInbox } from './postgres-inbox.js';
import { OutboxRelay, type RelayOptions } from './relay.js';
import { Retention } from './retention.js';
import { TenantErasures } from './tenant-erasures.js';
import { TenantTransaction } from './tenant-transaction.js';

/** Connections of one process to its schema; the relay, the retention and COPY bring their own few. */
const POOL_MAX = 10;
const COPY_POOL_MAX = 3;
const STATEMENT_TIMEOUT_MS = 15_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 5_000;

export type PersistenceOptions = {
  service: string;
  databaseUrl: string;
  relayDatabaseUrl: string;
  cursorKey: Buffer;
  entities: (EntitySchema | (new () => object))[];
  report: RelayOptions['report'];
  observe?: RelayOptions['observe'];
};

const COPY_POOL = Symbol('leadwire:copy-pool');

/** Everything a service needs to keep its rows: tenant transactions, outbox and relay, inbox, retention, cursors. */
@Module({})
export class PersistenceModule {
  static forRoot(options: PersistenceOptions): DynamicModule {
    const { service, relayDatabaseUrl } = options;
    return {
      module: PersistenceModule,
      global: true,
      imports: [TypeOrmModule.forRoot(typeormOptions(options))],
      providers: [
        { provide: COPY_POOL, useFactory: () => copyPool(options) },
        {
          provide: OutboxRelay,
          useFactory: (nats: NatsConnection) =>
            new OutboxRelay({ ...options, databaseUrl: relayDatabaseUrl, nats }),
          inject: [NATS_CONNECTION],
        },
        { provide: OutboxSignal, useExisting: OutboxRelay },
        {
          provide: TenantTransaction,
          useFactory: (source: DataSource, pool: pg.Pool, signal: OutboxSignal) =>
            new TenantTransaction(source, pool, signal),
          inject: [getDataSourceToken(), COPY_POOL, OutboxSignal],
        },
        {
          provide: TenantErasures,
          useFactory: (transactions: TenantTransaction, source: DataSource) =>
            new TenantErasures(transactions, source),
          inject: [TenantTransaction, getDataSourceToken()],
        },
        {
          provide: EventInbox,
          useFactory: (transactions: TenantTransaction, source: DataSource) =>
            new PostgresInbox(transactions, source),
          inject: [TenantTransaction, getDataSourceToken()],
        },
        {
          provide: Retention,
          useFactory: () =>
            new Retention(relayDatabaseUrl, (error) =>
              options.report('unavailable', `${service} retention: ${error}`),
            ),
        },
        { provide: Cursors, useFactory: () => new Cursors(options.cursorKey) },
        BackgroundWork,
      ],
      exports: [
        TypeOrmModule,
        TenantTransaction,
        TenantErasures,
        OutboxRelay,
        OutboxSignal,
        EventInbox,
        Cursors,
      ],
    };
  }
}

/** Starts what runs beside the requests, and ends it after the last request has been answered. */
class BackgroundWork implements OnApplicationShutdown {
  constructor(
    @Inject(OutboxRelay) private readonly relay: OutboxRelay,
    @Inject(Retention) private readonly retention: Retention,
    @Inject(COPY_POOL) private readonly pool: pg.Pool,
    @Inject(NATS_CONNECTION) private readonly nats: NatsConnection,
  ) {}

  onApplicationBootstrap(): void {
    this.relay.start();
    this.retention.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.retention.stop();
    await this.relay.stop();
    await this.pool.end();
    // Last, for it also carries what this service asks of others.
    await this.nats.drain().catch(() => undefined);
  }
}

function typeormOptions({ service, databaseUrl, entities }: PersistenceOptions) {
  return {
    type: 'postgres' as const,
    url: databaseUrl,
    schema: service,
    entities,
    synchronize: false,
    installExtensions: false,
    applicationName: `leadwire-${service}`,
    extra: {
      max: POOL_MAX,
      pipeline: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    },
  };
}

function copyPool({ service, databaseUrl, report }: PersistenceOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: COPY_POOL_MAX,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: `leadwire-${service}-copy`,
  });
  pool.on('error', (error) => report('unavailable', error.message));
  return pool;
}
