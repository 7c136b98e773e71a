import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SystemClock, type Clock } from '@leadwire/kernel';
import { NestLog, type Logger } from '@leadwire/platform';
import { ProblemFilter } from './problem.filter.js';
import type { SandboxConfig } from './sandbox.config.js';
import { SandboxModule } from './sandbox.module.js';

/** Starts both servers; resolves when they listen. Throws when a port is taken or the folder cannot be used. */
export async function startSandbox(
  config: SandboxConfig,
  logger: Logger,
  clock: Clock = new SystemClock(),
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    SandboxModule.with(config, logger, clock),
    // The page polls over connections that would otherwise hold up the shutdown.
    new FastifyAdapter({ forceCloseConnections: true }),
    { logger: new NestLog(logger), abortOnError: false },
  );
  app.useGlobalFilters(new ProblemFilter(logger));
  await app.listen(config.HTTP_PORT, config.HTTP_HOST);
  logger.info({ httpPort: config.HTTP_PORT, smtpPort: config.SMTP_PORT }, 'sandbox is ready');
  return app;
}
