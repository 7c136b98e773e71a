import { Controller, Get, Header, HttpCode, Inject, Optional, Res } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { NATS_CONNECTION, type NatsConnection } from '@leadwire/messaging';
import type { DataSource } from 'typeorm';
import { Metrics } from './metrics.js';

type Check = { name: string; ok: boolean; detail?: string };
type Reply = { status(code: number): Reply; send(body: unknown): void };

const DATABASE_CHECK_MS = 2_000;

/** What an orchestrator asks a process: is it alive, is it ready, what are its numbers. */
@Controller()
export class OpsController {
  constructor(
    @Inject(NATS_CONNECTION) private readonly nats: NatsConnection,
    @Inject(Metrics) private readonly metrics: Metrics,
    @Optional() @Inject(getDataSourceToken()) private readonly dataSource?: DataSource,
  ) {}

  /** The event loop turns; says nothing about what this process depends on, so that no outage restarts it. */
  @Get('health/live')
  @HttpCode(200)
  live(): { status: string } {
    return { status: 'ok' };
  }

  /** Whether requests would succeed: broker connected, database answering. */
  @Get('health/ready')
  async ready(@Res() reply: Reply): Promise<void> {
    const checks: Check[] = [
      await this.checkNats(),
      ...(this.dataSource ? [await this.checkDatabase(this.dataSource)] : []),
    ];
    const ok = checks.every((check) => check.ok);
    reply.status(ok ? 200 : 503).send({ status: ok ? 'ok' : 'unavailable', checks });
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  read(): Promise<string> {
    return this.metrics.registry.metrics();
  }

  private async checkNats(): Promise<Check> {
    const detail = await within(this.nats.rtt(), DATABASE_CHECK_MS).then(
      () => undefined,
      (error: Error) => error.message,
    );
    return { name: 'nats', ok: detail === undefined, ...(detail ? { detail } : {}) };
  }

  private async checkDatabase(source: DataSource): Promise<Check> {
    const detail = await within(source.query('SELECT 1'), DATABASE_CHECK_MS).then(
      () => undefined,
      (error: Error) => error.message,
    );
    return { name: 'database', ok: detail === undefined, ...(detail ? { detail } : {}) };
  }
}

async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>(
    (_, reject) => (timer = setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms)),
  );
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
