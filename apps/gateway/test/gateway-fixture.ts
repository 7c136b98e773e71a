import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import { ACCESS_TOKEN, entitlementsApi, signingKeysApi, type Api, type Role } from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { connectNats, ensureStreams, type NatsConnection, type RpcServer } from '@leadwire/messaging';
import type { RunningService } from '@leadwire/platform';
import { freePort, snapshotOf, TestNats } from '@leadwire/testing';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { EventStreamController } from '../src/events/event-stream.controller.js';
import { startGateway } from '../src/start-gateway.js';
import { serveFake, type Handlers } from './fake-service.js';
import {
  ExactController,
  GreetingsController,
  ThingsController,
  thingsApi,
  UploadsController,
} from './things.controller.js';

export type TokenOptions = {
  role?: Role;
  tenantId?: string;
  userId?: string;
  sessionId?: string;
  issuer?: string;
  audience?: string;
  type?: string;
  kid?: string;
  key?: CryptoKey;
  expiresInSeconds?: number;
  /** Epoch milliseconds. */
  issuedAt?: number;
};

const KID = 'test-key';

/** A gateway with a broker of its own, an identity that publishes one signing key, and a service that answers what a test says. */
export class GatewayFixture {
  private kid = KID;
  private readonly fakes: RpcServer[] = [];
  private readonly replicas: RunningService[] = [];

  private constructor(
    readonly nats: TestNats,
    readonly connection: NatsConnection,
    readonly gateway: RunningService,
    readonly url: string,
    readonly key: Buffer,
    private privateKey: CryptoKey,
    readonly storageDir: string,
    /** How often identity was asked for its keys. */
    readonly asked: { jwks: number },
    /** What identity publishes: the 32 bytes of the Ed25519 key, base64url. */
    readonly publicKey: string,
    private readonly another: (port: number) => Promise<RunningService>,
    private readonly published: JWK[],
  ) {}

  /** Lets identity sign with a new key from now on; the keys before it stay published. */
  async rotateKey(): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    this.kid = newId();
    this.published.unshift(await publishedKey(publicKey, this.kid));
    this.privateKey = privateKey;
  }

  /** Starts one more gateway beside the first. */
  async addReplica(): Promise<{ url: string; replica: RunningService }> {
    const port = await freePort();
    const replica = await this.another(port);
    this.replicas.push(replica);
    return { url: `http://127.0.0.1:${port}`, replica };
  }

  static async start(
    options: {
      env?: Record<string, string>;
      things?: Handlers;
      /** What identity answers beside its keys. */
      identity?: [Api, Handlers][];
      controllers?: Type[];
    } = {},
  ): Promise<GatewayFixture> {
    const [nats, storageDir, port] = await Promise.all([
      TestNats.start(),
      mkdtemp(join(tmpdir(), 'leadwire-gateway-')),
      freePort(),
    ]);
    const connection = await connectNats(nats.url, 'test');
    await ensureStreams(connection);
    const key = randomBytes(32);
    const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const env = {
      NATS_URL: nats.url,
      HTTP_PORT: String(port),
      LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'silent',
      CTX_SIGNING_KEY: key.toString('base64'),
      CTX_TRUSTED_KEYS: `gateway:${key.toString('base64')}`,
      OBJECT_STORAGE_DIR: storageDir,
      RATE_ANONYMOUS_PER_SECOND: '10000',
      RATE_USER_PER_SECOND: '10000',
      RATE_TENANT_PER_SECOND: '10000',
      ...options.env,
    };
    const controllers = options.controllers ?? [
      ThingsController,
      GreetingsController,
      ExactController,
      UploadsController,
      EventStreamController,
    ];
    const gateway = await startGateway(env, controllers);
    const asked = { jwks: 0 };
    const published = [await publishedKey(publicKey, KID)];
    const url = `http://127.0.0.1:${port}`;
    const fixture = new GatewayFixture(
      nats,
      connection,
      gateway,
      url,
      key,
      privateKey,
      storageDir,
      asked,
      published[0]?.x as string,
      (port) => startGateway({ ...env, HTTP_PORT: String(port) }, controllers),
      published,
    );
    await fixture.serve('identity', [
      [signingKeysApi as Api, { jwks: () => (asked.jwks++, { keys: published }) }],
      [entitlementsApi as Api, { snapshot: ({ tenantId }) => snapshotOf(tenantId) }],
      ...(options.identity ?? []),
    ]);
    if (options.things) await fixture.serve('things', [[thingsApi as Api, options.things]]);
    return fixture;
  }

  async serve(service: string, handlers: [Api, Handlers][]): Promise<RpcServer> {
    const server = await serveFake(this.connection, this.key, service, handlers);
    this.fakes.push(server);
    return server;
  }

  /** Takes a service away: what {@link serve} started, or the identity that was there from the start. */
  async takeAway(server = this.fakes[0] as RpcServer): Promise<void> {
    this.fakes.splice(this.fakes.indexOf(server), 1);
    await server.close();
  }

  /** An access token as identity would sign it, unless told otherwise. */
  token(options: TokenOptions = {}): Promise<string> {
    return new SignJWT({
      sid: options.sessionId ?? newId(),
      tid: options.tenantId ?? newId(),
      role: options.role ?? 'owner',
    })
      .setProtectedHeader({
        alg: ACCESS_TOKEN.algorithm,
        typ: options.type ?? ACCESS_TOKEN.type,
        kid: options.kid ?? this.kid,
      })
      .setSubject(options.userId ?? newId())
      .setIssuer(options.issuer ?? ACCESS_TOKEN.issuer)
      .setAudience(options.audience ?? ACCESS_TOKEN.audience)
      .setIssuedAt((options.issuedAt ?? Date.now()) / 1000)
      .setExpirationTime(Math.floor(Date.now() / 1000) + (options.expiresInSeconds ?? 300))
      .sign(options.key ?? this.privateKey);
  }

  /** A request as a signed-in client sends it; without `token`, as a new owner. */
  async fetch(path: string, init: RequestInit & { token?: string | null } = {}): Promise<Response> {
    const { token, headers, ...rest } = init;
    const bearer = token === undefined ? await this.token() : token;
    const given = Object.fromEntries(new Headers(headers));
    return fetch(`${this.url}${path}`, {
      ...rest,
      headers: { ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }), ...given },
    });
  }

  post(path: string, body: unknown, init: RequestInit & { token?: string | null } = {}): Promise<Response> {
    const headers = {
      'content-type': 'application/json',
      ...(init.headers as Record<string, string> | undefined),
    };
    return this.fetch(path, {
      method: 'POST',
      ...init,
      headers,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  async stop(): Promise<void> {
    for (const replica of this.replicas) await replica.stop();
    await this.gateway.stop();
    for (const fake of this.fakes) await fake.close();
    await this.connection.close().catch(() => undefined);
    await this.nats.stop();
    await rm(this.storageDir, { recursive: true, force: true });
  }
}

async function publishedKey(publicKey: CryptoKey, kid: string): Promise<JWK> {
  return { ...(await exportJWK(publicKey)), kid, alg: ACCESS_TOKEN.algorithm, use: 'sig' };
}

export type ProblemBody = {
  type: string;
  title: string;
  status: number;
  code: string;
  requestId: string;
  errors?: { pointer: string; code: string; detail: string }[];
};

/** The problem of an answer that must be one. */
export async function problemIn(response: Response): Promise<ProblemBody> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = (await response.json()) as ProblemBody;
  expect(problem).toMatchObject({
    type: `urn:leadwire:problem:${problem.code}`,
    title: expect.any(String),
    status: response.status,
    requestId: response.headers.get('x-request-id'),
  });
  return problem;
}
