import { Module, type DynamicModule } from '@nestjs/common';
import { EntitlementsModule } from '@leadwire/entitlements';
import { Clock, SystemClock } from '@leadwire/kernel';
import { NATS_CONNECTION, RpcClient, RpcClientsModule, type NatsConnection } from '@leadwire/messaging';
import { PersistenceModule } from '@leadwire/persistence';
import { CtxSigner } from '@leadwire/security';
import type { databaseConfig, processConfig, ConfigOf } from './config.js';
import { LOGGER, type Logger } from './logging.js';
import { Metrics } from './metrics.js';
import { OpsController } from './ops.controller.js';
import { Readiness } from './readiness.js';

/** Inject the validated configuration of the process with this token. */
export const CONFIG = Symbol('leadwire:config');

/** What exists before Nest does: made by the starter, handed to the modules. */
export type ServiceRuntime<C> = {
  name: string;
  config: C;
  logger: Logger;
  metrics: Metrics;
  nats: NatsConnection;
};
export type ProcessConfig = ConfigOf<typeof processConfig>;
export type DatabaseConfig = ConfigOf<typeof databaseConfig>;

/** What every process has: configuration, log, metrics, clock, broker, typed clients of all services, rights, health. */
@Module({})
export class ProcessModule {
  static forRoot<C extends ProcessConfig>({
    name,
    config,
    logger,
    metrics,
    nats,
  }: ServiceRuntime<C>): DynamicModule {
    const rpc = new RpcClient(nats, new CtxSigner(name, config.CTX_SIGNING_KEY), (method, code, seconds) =>
      metrics.rpcCalled.observe({ subject: method.subject, code }, seconds),
    );
    const providers = [
      { provide: CONFIG, useValue: config },
      { provide: LOGGER, useValue: logger },
      { provide: Metrics, useValue: metrics },
      { provide: Clock, useClass: SystemClock },
      { provide: NATS_CONNECTION, useValue: nats },
      { provide: RpcClient, useValue: rpc },
      { provide: Readiness, useClass: Readiness },
    ];
    return {
      module: ProcessModule,
      global: true,
      imports: [RpcClientsModule.forRoot(), EntitlementsModule.forRoot()],
      controllers: [OpsController],
      providers,
      exports: providers.map(({ provide }) => provide),
    };
  }
}

/** {@link ProcessModule} plus a schema of its own: what a service with data imports. */
@Module({})
export class ServiceModule {
  static forRoot<C extends ProcessConfig & DatabaseConfig>(
    runtime: ServiceRuntime<C>,
    entities: (new () => object)[],
  ): DynamicModule {
    const { name, config, logger, metrics } = runtime;
    return {
      module: ServiceModule,
      imports: [
        ProcessModule.forRoot(runtime),
        PersistenceModule.forRoot({
          service: name,
          databaseUrl: config.DATABASE_URL,
          relayDatabaseUrl: config.RELAY_DATABASE_URL,
          cursorKey: config.CURSOR_KEY,
          entities,
          report: (event, detail) =>
            logger[event === 'leading' || event === 'standby' ? 'info' : 'warn']({ relay: event }, detail),
          observe: (published) => metrics.published.inc(published),
        }),
      ],
    };
  }
}
