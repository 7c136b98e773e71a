import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Opaque values that a client keeps for us and must not change: page cursors, resume points. Not secret, only signed;
 * `purpose` binds a value to one use, so a cursor of one list is refused by another.
 */
export class TokenSigner {
  constructor(private readonly key: Buffer) {}

  seal(purpose: string, value: unknown): string {
    const body = Buffer.from(JSON.stringify(value)).toString('base64url');
    return `${body}.${this.mac(purpose, body)}`;
  }

  /** The value, or undefined when it was not made by `seal` for the same purpose. */
  open(purpose: string, token: string): unknown {
    const [body, signature] = token.split('.');
    if (!body || !signature) return undefined;
    const given = Buffer.from(signature);
    const expected = Buffer.from(this.mac(purpose, body));
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    return JSON.parse(Buffer.from(body, 'base64url').toString());
  }

  private mac(purpose: string, body: string): string {
    return createHmac('sha256', this.key)
      .update(purpose)
      .update('\0')
      .update(body)
      .digest('base64url')
      .slice(0, 22);
  }
}
