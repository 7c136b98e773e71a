import 'reflect-metadata';
import type { Server } from 'node:http';
import type { Type } from '@nestjs/common';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { connectNats, ensureStreams } from '@leadwire/messaging';
import {
  createLogger,
  Metrics,
  NestLog,
  readConfig,
  Readiness,
  type Logger,
  type RunningService,
} from '@leadwire/platform';
import type { FastifyInstance } from 'fastify';
import type { Origins } from './auth/cross-site.js';
import { apiControllers } from './controllers.js';
import { gatewayConfig } from './gateway.config.js';
import { GatewayModule, OPEN_CONTROLLERS } from './gateway.module.js';
import { GatewayAdapter, setCommonHeaders } from './http/adapter.js';
import { allowOrigins, originsOf } from './http/cors.js';
import { observeRequests } from './http/observe.js';
import { RequestsUnderWay } from './http/requests-under-way.js';
import { API_PREFIX } from './http/route-table.js';

const NAME = 'gateway';

/**
 * Connects to the broker, builds the public door and listens.
 * @param controllers what is offered below `/v1`; tests bring their own
 * @throws Error when configuration is missing, the port is taken, or a route says nothing about who may call it
 */
export async function startGateway(
  env: NodeJS.ProcessEnv = process.env,
  controllers: Type[] = apiControllers,
): Promise<RunningService> {
  const config = readConfig(gatewayConfig, env);
  const logger = createLogger(NAME, config.LOG_LEVEL);
  const metrics = new Metrics(NAME);
  const nats = await connectNats(config.NATS_URL, NAME);
  await ensureStreams(nats);
  const adapter = new GatewayAdapter(
    config.TRUST_PROXY.split(',')
      .map((entry) => entry.trim())
      .filter(Boolean),
  );
  const runtime = { name: NAME, config, logger, metrics, nats };
  const app = await NestFactory.create<NestFastifyApplication>(
    GatewayModule.forRoot(runtime, controllers),
    adapter,
    {
      logger: new NestLog(logger),
      abortOnError: false,
      bodyParser: false,
    },
  );
  refuseUndeclared(app, controllers);
  app.setGlobalPrefix(API_PREFIX, {
    exclude: [
      'health',
      'health/live',
      'health/ready',
      'metrics',
      'docs',
      'docs/*path',
      `${API_PREFIX}/openapi.json`,
    ],
  });
  const underWay = await prepareHttp(adapter, metrics, logger, originsOf(config.CORS_ORIGINS));
  await app.listen(config.HTTP_PORT, config.HTTP_HOST);
  app.get(Readiness).answerAs(NAME);
  logger.info({ port: config.HTTP_PORT }, 'gateway is ready');
  const stop = async () => {
    await underWay.closeConnections(app.getHttpServer() as Server, app.close());
    await nats.drain();
  };
  return { app, stop };
}

async function prepareHttp(
  adapter: GatewayAdapter,
  metrics: Metrics,
  logger: Logger,
  origins: Origins,
): Promise<RequestsUnderWay> {
  const fastify = adapter.getInstance() as unknown as FastifyInstance;
  const underWay = new RequestsUnderWay(fastify);
  fastify.addHook('onRequest', setCommonHeaders);
  allowOrigins(fastify, origins);
  observeRequests(fastify, metrics, logger);
  await adapter.acceptUploads();
  return underWay;
}

// A module that brings controllers of its own would slip past the route table, so we look at what Nest really has.
function refuseUndeclared(app: NestFastifyApplication, controllers: readonly Type[]): void {
  const known = new Set<unknown>([...controllers, ...OPEN_CONTROLLERS]);
  const strangers = [...app.get(ModulesContainer).values()]
    .flatMap((module) => [...module.controllers.values()])
    .map(({ metatype }) => metatype)
    .filter((metatype) => !known.has(metatype));
  if (strangers.length > 0)
    throw new Error(`Nobody declared who may call ${strangers.map((c) => (c as Type).name).join(', ')}.`);
}
