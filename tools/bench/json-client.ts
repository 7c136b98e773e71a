import { Agent, request } from 'node:http';

export type JsonAnswer = { status: number; body: Record<string, unknown> };

/** A client that costs the machine little: kept connections, no retries, JSON both ways. */
export class JsonClient {
  private readonly agent = new Agent({ keepAlive: true });
  private readonly base: string;

  constructor(base: string) {
    this.base = base;
  }

  send(method: string, path: string, body?: object, token?: string): Promise<JsonAnswer> {
    const text = body && JSON.stringify(body);
    const headers = {
      ...(text ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } : {}),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    };
    return new Promise((resolve, reject) => {
      const sent = request(`${this.base}${path}`, { method, headers, agent: this.agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('end', () => {
          const answer = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, body: answer ? JSON.parse(answer) : {} });
        });
        response.once('error', reject);
      });
      sent.once('error', reject);
      sent.end(text);
    });
  }

  /** @throws Error unless the answer is a success */
  async ok(method: string, path: string, body?: object, token?: string): Promise<Record<string, unknown>> {
    const answer = await this.send(method, path, body, token);
    if (answer.status < 300) return answer.body;
    throw new Error(`${method} ${path} → ${answer.status} ${JSON.stringify(answer.body)}`);
  }

  close(): void {
    this.agent.destroy();
  }
}
