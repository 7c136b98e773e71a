import { CLIENT_ID, CLIENT_SECRET } from '@leadwire/testing';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';

type Claims = Record<string, unknown>;
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const KID = 'evil-key';
export const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A provider that behaves until it is told how to misbehave. */
export class EvilProvider {
  /** Changes what it vouches for. */
  claims: (claims: Claims) => Claims = (claims) => claims;
  /** Signs, or pretends to. */
  sign: (claims: Claims) => Promise<string> | string = (claims) => this.signed(claims);
  /** Changes what it tells about itself. */
  discovery: (document: Claims) => Claims = (document) => document;
  /** Changes what comes with the code. */
  tokens: (answer: Claims) => Claims = (answer) => answer;
  userinfo: Claims | undefined;
  /** Answers a path in its own way. */
  readonly instead = new Map<string, Answer>();
  /** Token requests that brought the verifier of their challenge. */
  proven = 0;
  /** Requests to discovery. */
  discovered = 0;
  private readonly codes = new Map<string, { nonce: string; challenge: string }>();

  private constructor(
    private readonly server: Server,
    readonly issuer: string,
    private readonly privateKey: CryptoKey,
    readonly publicJwk: JWK,
  ) {}

  static async start(): Promise<EvilProvider> {
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
    const server = createServer((request, response) => void evil.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const jwk = { ...(await exportJWK(publicKey)), kid: KID, use: 'sig', alg: 'RS256' };
    const evil: EvilProvider = new EvilProvider(server, issuer, privateKey, jwk);
    return evil;
  }

  /** Behaves again. */
  repent(): void {
    this.claims = (claims) => claims;
    this.sign = (claims) => this.signed(claims);
    this.discovery = (document) => document;
    this.tokens = (answer) => answer;
    this.userinfo = undefined;
    this.instead.clear();
  }

  /** What the browser brings back from there. */
  visit(authorizationUrl: string): { state: string; code: string; iss: string } {
    const query = new URL(authorizationUrl).searchParams;
    const code = randomBytes(16).toString('hex');
    const [nonce, challenge, state] = ['nonce', 'code_challenge', 'state'].map((n) => query.get(n) ?? '');
    this.codes.set(code, { nonce: nonce as string, challenge: challenge as string });
    return { state: state as string, code, iss: this.issuer };
  }

  signed(claims: Claims, { key = this.privateKey, kid = KID }: { key?: CryptoKey; kid?: string } = {}) {
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid }).sign(key);
  }

  /** Signed with a secret instead of a key. */
  hmac(claims: Claims, secret: string | Buffer = CLIENT_SECRET): string {
    const body = `${part({ alg: 'HS256', kid: KID })}.${part(claims)}`;
    return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0] as string;
    const json = (body: unknown) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (path.startsWith('/.well-known')) this.discovered++;
    const instead = this.instead.get(path);
    if (instead) return instead(request, response);
    switch (path) {
      case '/.well-known/openid-configuration':
        json(this.discovery(this.document()));
        return;
      case '/jwks':
        json({ keys: [this.publicJwk] });
        return;
      case '/userinfo':
        json(this.userinfo);
        return;
      case '/token':
        json(await this.tokensFor(await formOf(request)));
        return;
      default:
        response.writeHead(404).end();
    }
  }

  private document(): Claims {
    const { issuer } = this;
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      ...(this.userinfo ? { userinfo_endpoint: `${issuer}/userinfo` } : {}),
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      // It claims to support whatever it may be caught with.
      id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'],
      authorization_response_iss_parameter_supported: true,
    };
  }

  private async tokensFor(form: URLSearchParams): Promise<Claims> {
    const { nonce, challenge } = this.codes.get(form.get('code') ?? '') ?? {};
    const verifier = form.get('code_verifier') ?? '';
    if (createHash('sha256').update(verifier).digest('base64url') === challenge) this.proven++;
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: this.issuer,
      sub: 'mallory',
      aud: CLIENT_ID,
      nonce,
      iat: now,
      exp: now + 300,
      email: 'mallory@example.com',
      email_verified: true,
    };
    return this.tokens({
      access_token: 'an access token',
      token_type: 'Bearer',
      expires_in: 3600,
      id_token: await this.sign(this.claims(claims)),
    });
  }
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}
