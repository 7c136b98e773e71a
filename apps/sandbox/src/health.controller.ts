import { Controller, Get, Header, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { SandboxMetrics } from './sandbox.metrics.js';
import { SmtpService } from './smtp/smtp.service.js';

/** What an operator asks every process. */
@Controller()
export class HealthController {
  constructor(
    private readonly smtp: SmtpService,
    private readonly metrics: SandboxMetrics,
  ) {}

  /** The process answers. */
  @Get('health/live')
  live(): { status: string } {
    return { status: 'ok' };
  }

  /** The process takes mail; 503 while it does not. */
  @Get('health/ready')
  ready(@Res({ passthrough: true }) response: FastifyReply): { status: string; smtpPort?: number } {
    if (this.smtp.ready) return { status: 'ok', smtpPort: this.smtp.port };
    response.status(503);
    return { status: 'unavailable' };
  }

  /** Counters in the Prometheus text format. */
  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  scrape(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
