import { type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ProblemFilter } from './problem.filter.js';
import type { SandboxConfig } from './sandbox.config.js';
import { SandboxModule } from './sandbox.module.js';

/** Starts both servers; resolves when they listen. */
export async function startSandbox(
  config: SandboxConfig,
  logger: LoggerService | false,
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    SandboxModule.with(config),
    // The page polls over connections that would otherwise hold up the shutdown.
    new FastifyAdapter({ forceCloseConnections: true }),
    { logger, abortOnError: false },
  );
  app.useGlobalFilters(new ProblemFilter());
  await app.listen(config.httpPort, config.host);
  return app;
}
