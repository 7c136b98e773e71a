import 'reflect-metadata';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { jetstreamManager } from '@nats-io/jetstream';
import { connectNats, EventInbox, EventServer, EVENTS_STREAM, RpcServer } from '@leadwire/messaging';
import { OutboxRelay } from '@leadwire/persistence';
import { CtxVerifier, parseTrustedKeys } from '@leadwire/security';
import { readConfig, type ConfigOf, type ConfigSpec } from './config.js';
import { createLogger, inLogScope, NestLog, type Logger } from './logging.js';
import { Metrics } from './metrics.js';
import { Readiness } from './readiness.js';
import type { ProcessConfig, ServiceRuntime } from './service.module.js';

const LAG_EVERY_MS = 10_000;
const SHUTDOWN_DEADLINE_MS = 20_000;

export type ServiceDefinition<S extends ConfigSpec> = {
  name: string;
  config: S;
  /** The root module, built once configuration and broker are there. */
  module: (runtime: ServiceRuntime<ConfigOf<S>>) => DynamicModule | Type;
  /** Waits between tries of a failing event handler; tests shorten them. */
  retryDelaysMs?: readonly number[];
};

export type RunningService = { app: NestFastifyApplication; stop: () => Promise<void> };

/** Connects, builds the app and listens: requests and events over NATS, health and metrics over HTTP. */
export async function startService<S extends ConfigSpec>(
  definition: ServiceDefinition<S>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<RunningService> {
  const config = readConfig(definition.config, env);
  const common = config as unknown as ProcessConfig;
  const logger = createLogger(definition.name, common.LOG_LEVEL);
  const metrics = new Metrics(definition.name);
  const nats = await connectNats(common.NATS_URL, definition.name);
  const runtime = { name: definition.name, config, logger, metrics, nats };

  const app = await NestFactory.create<NestFastifyApplication>(
    definition.module(runtime),
    new FastifyAdapter(),
    {
      logger: new NestLog(logger),
      abortOnError: false,
    },
  );
  app.connectMicroservice({
    strategy: new RpcServer({
      service: definition.name,
      nats,
      verifier: new CtxVerifier(parseTrustedKeys(common.CTX_TRUSTED_KEYS)),
      scope: inLogScope,
      observe: (subject, code, seconds) => metrics.rpcServed.observe({ subject, code }, seconds),
      report: (error, subject, ctx) => {
        const { internal, cause, errors } = error.details;
        const line = {
          code: error.code,
          subject,
          internal,
          errors,
          err: cause,
          requestId: ctx?.requestId,
          tenantId: ctx?.tenantId,
        };
        logger[error.log](line, error.message);
      },
    }),
  });
  app.connectMicroservice({
    strategy: new EventServer({
      nats,
      inbox: app.get(EventInbox),
      ...(definition.retryDelaysMs ? { retryDelaysMs: definition.retryDelaysMs } : {}),
      observe: eventObserver(metrics, logger),
    }),
  });
  await app.startAllMicroservices();
  await app.listen(common.HTTP_PORT, common.HTTP_HOST);
  app.get(Readiness).answerAs(definition.name);
  const stopWatching = watchDepths(app, metrics, logger);
  logger.info({ port: common.HTTP_PORT }, `${definition.name} is ready`);

  let stopped: Promise<void> | undefined;
  const stop = () =>
    (stopped ??= (async () => {
      stopWatching();
      await app.close();
    })());
  return { app, stop };
}

/** {@link startService} as a process: the configuration's errors are printed whole, SIGTERM ends it without losing work. */
export async function runService<S extends ConfigSpec>(definition: ServiceDefinition<S>): Promise<void> {
  try {
    const { stop } = await startService(definition);
    stopOnSignal(stop);
  } catch (error) {
    process.stderr.write(
      `${definition.name} could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exit(1);
  }
}

/** Ends the process on SIGTERM or SIGINT once `stop` is done, and after a deadline in any case. */
export function stopOnSignal(stop: () => Promise<void>): void {
  const onSignal = () => {
    setTimeout(() => process.exit(1), SHUTDOWN_DEADLINE_MS).unref();
    stop().then(
      () => process.exit(0),
      (error) => {
        process.stderr.write(`stopping failed: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', onSignal);
  process.once('SIGINT', onSignal);
}

function eventObserver(metrics: Metrics, logger: Logger) {
  return {
    handled: (consumer: string, type: string, seconds: number, age: number) => {
      metrics.handled.observe({ consumer, type }, seconds);
      metrics.eventAge.observe({ consumer, type }, age);
    },
    redelivered: (consumer: string) => metrics.redelivered.inc({ consumer }),
    buried: (consumer: string) => metrics.buried.inc({ consumer }),
    failed: (consumer: string, type: string, err: unknown) => {
      metrics.handlerFailures.inc({ consumer, type });
      logger.warn({ consumer, type, err }, 'an event could not be handled');
    },
  };
}

// Depth and lag cost a query each, so they are read every few seconds rather than at each scrape.
function watchDepths(app: NestFastifyApplication, metrics: Metrics, logger: Logger): () => void {
  const relay = app.get(OutboxRelay);
  const prefix = `${relay.service}__`;
  const timer = setInterval(() => {
    void (async () => {
      const depth = await relay.depth();
      metrics.outboxPending.set(depth?.pending ?? 0);
      metrics.outboxAge.set(depth?.oldestSeconds ?? 0);
      const manager = await jetstreamManager(relay.nats);
      for await (const info of manager.consumers.list(EVENTS_STREAM)) {
        if (info.name.startsWith(prefix)) metrics.consumerLag.set({ consumer: info.name }, info.num_pending);
      }
    })().catch((err: unknown) => logger.debug({ err }, 'depths could not be read'));
  }, LAG_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
