import { Controller, Get, HttpCode, Inject } from '@nestjs/common';
import { allApis } from '@leadwire/contracts';
import { NATS_CONNECTION, type NatsConnection } from '@leadwire/messaging';
import { Readiness, readinessSubject, type ReadinessReport } from '@leadwire/platform';

type ServiceHealth = { status: 'ok' | 'unavailable' | 'down' };
export type PlatformHealth = { status: 'ok' | 'degraded'; services: Record<string, ServiceHealth> };

const ANSWER_MS = 3_000;
/** So that a page that asks every second costs the services nothing. */
const KEPT_MS = 1_000;

/** How the whole of Leadwire is. Says which parts answer, and nothing of their insides. */
@Controller()
export class HealthController {
  private kept?: { report: Promise<PlatformHealth>; until: number };

  constructor(
    @Inject(NATS_CONNECTION) private readonly nats: NatsConnection,
    @Inject(Readiness) private readonly own: Readiness,
  ) {}

  /** Every service by name; always 200, because the gateway itself is there. `health/ready` is for load balancers. */
  @Get('health')
  @HttpCode(200)
  health(): Promise<PlatformHealth> {
    const now = Date.now();
    if (!this.kept || this.kept.until < now) this.kept = { report: this.ask(), until: now + KEPT_MS };
    return this.kept.report;
  }

  private async ask(): Promise<PlatformHealth> {
    const names = [...new Set(allApis().map(({ service }) => service))].sort();
    const own = this.own.check();
    const answers = await Promise.all(names.map((name) => this.askOne(name)));
    const services = Object.fromEntries([
      ['gateway', { status: (await own).status }],
      ...names.map((name, i) => [name, answers[i]]),
    ]) as Record<string, ServiceHealth>;
    const ok = Object.values(services).every(({ status }) => status === 'ok');
    return { status: ok ? 'ok' : 'degraded', services };
  }

  private async askOne(name: string): Promise<ServiceHealth> {
    try {
      const msg = await this.nats.request(readinessSubject(name), '', { timeout: ANSWER_MS });
      return { status: msg.json<ReadinessReport>().status };
    } catch {
      return { status: 'down' };
    }
  }
}
