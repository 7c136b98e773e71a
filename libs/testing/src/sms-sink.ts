import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { eventually } from './eventually.js';

export type SunkSms = { account: string; authorization: string; from: string; to: string; body: string };

/** Speaks the Twilio Messages API on loopback and keeps what it is sent. */
export class SmsSink {
  readonly messages: SunkSms[] = [];
  /** The status that a number is answered with instead of 201. */
  refuse: (to: string) => number | undefined = () => undefined;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      void this.take(request).then((status) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify(status === 201 ? { sid: 'SM0', status: 'queued' } : { code: 21211, status }),
        );
      });
    });
  }

  static async start(): Promise<SmsSink> {
    const sink = new SmsSink();
    await new Promise<void>((resolve) => sink.server.listen(0, '127.0.0.1', resolve));
    return sink;
  }

  /** What a service with texts is told. */
  get env(): Record<string, string> {
    const { port } = this.server.address() as AddressInfo;
    return {
      SMS_API_URL: `http://127.0.0.1:${port}`,
      SMS_ACCOUNT: 'ACtest',
      SMS_TOKEN: 'sms-secret',
      SMS_FROM: '+15005550006',
    };
  }

  to(number: string): SunkSms[] {
    return this.messages.filter(({ to }) => to === number);
  }

  /** Waits for the `count`-th text to a number and reads the digits in it. */
  async codeFor(number: string, count = 1): Promise<string> {
    const message = await eventually(() => this.to(number)[count - 1]);
    return /\d{6}/.exec(message.body)?.[0] ?? '';
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(request: IncomingMessage): Promise<number> {
    const form = new URLSearchParams(await text(request));
    const account = /^\/2010-04-01\/Accounts\/([^/]+)\/Messages\.json$/.exec(request.url ?? '')?.[1];
    const [to = '', from = '', body = ''] = ['To', 'From', 'Body'].map((name) => form.get(name) ?? '');
    if (request.method !== 'POST' || !account) return 404;
    const refused = this.refuse(to);
    if (refused !== undefined) return refused;
    this.messages.push({ account, authorization: request.headers.authorization ?? '', from, to, body });
    return 201;
  }
}
