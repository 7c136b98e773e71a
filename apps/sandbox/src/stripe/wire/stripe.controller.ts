import { All, Controller, Inject, Req, Res } from '@nestjs/common';
import { CONFIG, LOGGER, type Logger } from '@leadwire/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SandboxConfig } from '../../sandbox.config.js';
import { StripeApi, type Answer } from './stripe-api.js';

/** The door of Stripe's API: `/v1/…` with bearer authentication, forms in and JSON out. */
@Controller('v1')
export class StripeController {
  constructor(
    private readonly api: StripeApi,
    @Inject(CONFIG) private readonly config: SandboxConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @All('*')
  async handle(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const [path = '', query = ''] = request.url.split('?');
    const answer = await this.api.answer({
      method: request.method,
      path,
      entries: request.method === 'POST' ? bodyEntries(request.body) : [...new URLSearchParams(query)],
      authorization: request.headers.authorization,
      idempotencyKey: headerOf(request, 'idempotency-key') ?? null,
      version: headerOf(request, 'stripe-version'),
      baseUrl: `http://${request.headers.host ?? `${this.config.HTTP_HOST}:${this.config.HTTP_PORT}`}`,
    });
    if (answer === 'dropped') {
      this.logger.info({ path }, 'dropped an answer of the payment provider');
      reply.hijack();
      request.raw.socket.destroy();
      return;
    }
    send(reply, answer);
  }
}

function send(reply: FastifyReply, { status, body, headers }: Answer): void {
  void reply.status(status).headers(headers).type('application/json').send(body);
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The form as it was parsed: flat names, a list where a name came twice (`expand[]`). */
function bodyEntries(body: unknown): [string, string][] {
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body as Record<string, string | string[]>).flatMap(([name, value]) =>
    [value].flat().map((text): [string, string] => [name, String(text)]),
  );
}
