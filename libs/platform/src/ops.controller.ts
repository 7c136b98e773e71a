import { Controller, Get, Header, HttpCode, Inject, Res } from '@nestjs/common';
import { Metrics } from './metrics.js';
import { Readiness } from './readiness.js';

type Reply = { status(code: number): Reply; send(body: unknown): void };

/** What an orchestrator asks a process: is it alive, is it ready, what are its numbers. */
@Controller()
export class OpsController {
  constructor(
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(Metrics) private readonly metrics: Metrics,
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
    const report = await this.readiness.check();
    reply.status(report.status === 'ok' ? 200 : 503).send(report);
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  read(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
