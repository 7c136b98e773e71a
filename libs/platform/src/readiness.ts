import { Inject, Injectable, Optional } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { NATS_CONNECTION, type NatsConnection } from '@leadwire/messaging';
import type { DataSource } from 'typeorm';

export type ReadinessCheck = { name: string; ok: boolean; detail?: string };
export type ReadinessReport = { status: 'ok' | 'unavailable'; checks: ReadinessCheck[] };

const CHECK_DEADLINE_MS = 2_000;

/** NATS subject on which any replica of a service says whether it is ready. */
export function readinessSubject(service: string): string {
  return `health.${service}`;
}

/** Whether requests to this process would succeed: broker connected, database answering. */
@Injectable()
export class Readiness {
  constructor(
    @Inject(NATS_CONNECTION) private readonly nats: NatsConnection,
    @Optional() @Inject(getDataSourceToken()) private readonly dataSource?: DataSource,
  ) {}

  async check(): Promise<ReadinessReport> {
    const { dataSource } = this;
    const checks = await Promise.all([
      outcomeOf('nats', this.nats.rtt()),
      ...(dataSource ? [outcomeOf('database', dataSource.query('SELECT 1'))] : []),
    ]);
    return { status: checks.every(({ ok }) => ok) ? 'ok' : 'unavailable', checks };
  }

  /** Answers others who ask over NATS, so that the gateway can say how all services are. */
  answerAs(service: string): void {
    this.nats.subscribe(readinessSubject(service), {
      queue: service,
      callback: (error, msg) => {
        if (!error) void this.check().then((report) => msg.respond(JSON.stringify(report)));
      },
    });
  }
}

async function outcomeOf(name: string, work: Promise<unknown>): Promise<ReadinessCheck> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${CHECK_DEADLINE_MS} ms`)), CHECK_DEADLINE_MS);
  });
  try {
    await Promise.race([work, late]);
    return { name, ok: true };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
