import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROLE_CAPABILITIES, type Api, type EventType, type Role } from '@leadwire/contracts';
import { newCtx, newId, type Ctx } from '@leadwire/kernel';
import {
  clientOf,
  connectNats,
  ensureStreams,
  eventHeaders,
  JetStreamPublisher,
  RpcClient,
  subjectFor,
  type NatsConnection,
} from '@leadwire/messaging';
import type { ServiceMigrations } from '@leadwire/persistence';
import {
  startService,
  type ConfigSpec,
  type RunningService,
  type ServiceDefinition,
} from '@leadwire/platform';
import { CtxSigner } from '@leadwire/security';
import { TestDatabase } from './test-database.js';
import { freePort, TestNats } from './test-nats.js';
import { TestMembers } from './test-members.js';
import { TestRights } from './test-rights.js';

/** How long a request may take on a machine that does much else meanwhile. */
const PATIENCE_MS = 30_000;
const newKey = () => randomBytes(32);

export type OutboxEvent = {
  id: string;
  tenantId: string;
  aggregateId: string;
  type: string;
  data: Record<string, unknown>;
  processed: boolean;
};

export type TestServiceOptions = {
  migrations: ServiceMigrations['migrations'];
  /** Environment variables beyond those that every service gets. */
  env?: Record<string, string>;
};

/** One service, run in this process against a database and a broker of its own, and asked as another service would ask it. */
export class TestService {
  private readonly replicas: RunningService[] = [];
  private readonly publisher: JetStreamPublisher;
  private readonly rpc: RpcClient;
  /** What the service is told about its tenants' rights. */
  readonly rights: TestRights;
  /** Who it is told belongs to no team. */
  readonly members: TestMembers;

  private constructor(
    private readonly definition: ServiceDefinition<ConfigSpec>,
    readonly database: TestDatabase,
    readonly nats: TestNats,
    readonly connection: NatsConnection,
    /** The environment that each replica starts with. */
    readonly env: Record<string, string>,
    private readonly storageDir: string,
    callerKey: Buffer,
  ) {
    this.rights = new TestRights(connection);
    this.members = new TestMembers(connection);
    // Identity answers for itself.
    if (definition.name !== 'identity') {
      this.rights.serve();
      this.members.serve();
    }
    this.publisher = new JetStreamPublisher(connection);
    this.rpc = new RpcClient(connection, new CtxSigner('gateway', callerKey));
  }

  static async start<S extends ConfigSpec>(
    definition: ServiceDefinition<S>,
    options: TestServiceOptions,
  ): Promise<TestService> {
    const { name } = definition;
    const [database, nats, storageDir] = await Promise.all([
      TestDatabase.create([{ service: name, migrations: options.migrations }]),
      TestNats.start(),
      mkdtemp(join(tmpdir(), 'leadwire-objects-')),
    ]);
    const connection = await connectNats(nats.url, 'test');
    await ensureStreams(connection);
    const callerKey = newKey();
    const env = {
      NATS_URL: nats.url,
      LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'silent',
      CTX_SIGNING_KEY: newKey().toString('base64'),
      CTX_TRUSTED_KEYS: `gateway:${callerKey.toString('base64')}`,
      DATABASE_URL: database.url(name, 'app'),
      RELAY_DATABASE_URL: database.url(name, 'relay'),
      CURSOR_KEY: newKey().toString('base64'),
      KEY_ENCRYPTION_KEY: newKey().toString('base64'),
      OBJECT_STORAGE_DIR: storageDir,
      ...options.env,
    };
    const generic = definition as unknown as ServiceDefinition<ConfigSpec>;
    const service = new TestService(generic, database, nats, connection, env, storageDir, callerKey);
    try {
      await service.addReplica();
    } catch (error) {
      // Servers left running would keep the test process alive for ever.
      await service.stop();
      throw error;
    }
    return service;
  }

  /** Starts one more copy of the service, as an operator would for load. */
  async addReplica(): Promise<RunningService> {
    const replica = await startService(this.definition, { ...this.env, HTTP_PORT: String(await freePort()) });
    this.replicas.push(replica);
    return replica;
  }

  /** The first replica, for what its module provides. */
  get running(): RunningService {
    return this.replicas[0] as RunningService;
  }

  /** The typed client of one of its APIs. */
  client<S>(api: Api<S>): S {
    return clientOf(api, this.rpc);
  }

  /** Publishes a fact as the service that owns it would; give `id` to deliver the same one again. */
  async publish<D extends object>(
    type: EventType<D>,
    fact: {
      tenantId: string;
      aggregateId?: string;
      data: D;
      id?: string;
      version?: number;
      messageId?: string;
    },
  ): Promise<string> {
    const id = fact.id ?? newId();
    const message = {
      id,
      tenantId: fact.tenantId,
      type: type.type,
      aggregateId: fact.aggregateId ?? newId(),
      payload: JSON.stringify(fact.data),
      occurredAt: new Date().toISOString(),
      metadata: {
        version: fact.version ?? 0,
        actor: 'system' as const,
        userId: null,
        correlationId: id,
        causationId: null,
        traceparent: '',
      },
    };
    const out = eventHeaders(message);
    if (fact.messageId) out.set('Nats-Msg-Id', fact.messageId);
    const [outcome] = await this.publisher.publish([
      { subject: subjectFor(message), headers: out, payload: message.payload },
    ]);
    if (outcome?.status !== 'stored' && outcome?.status !== 'duplicate')
      throw new Error(JSON.stringify(outcome));
    return id;
  }

  /** What the service has announced so far, oldest first. */
  events(type: { type: string }, tenantId?: string): Promise<OutboxEvent[]> {
    return this.database.query<OutboxEvent>(
      `SELECT id, tenant_id AS "tenantId", aggregate_id AS "aggregateId", event_type AS type, payload AS data, processed
       FROM ${this.definition.name}.domain_events
       WHERE event_type = $1 AND ($2::uuid IS NULL OR tenant_id = $2)
       ORDER BY seq`,
      [type.type, tenantId ?? null],
    );
  }

  async stop(): Promise<void> {
    for (const replica of this.replicas) await replica.stop();
    await this.connection.close().catch(() => undefined);
    await this.nats.stop();
    await this.database.drop();
    await rm(this.storageDir, { recursive: true, force: true });
  }
}

/** A signed-in caller of a tenant (a new one unless told) in a role, who gives each request as long as {@link patient} does. */
export function caller(role: Role = 'owner', over: Partial<Ctx> = {}): Ctx {
  const ctx = newCtx({
    tenantId: newId(),
    userId: newId(),
    sessionId: newId(),
    capabilities: new Set(ROLE_CAPABILITIES[role]),
    ...over,
  });
  return over.deadline === undefined ? patient(ctx) : ctx;
}

/** The same, with a deadline that is always as far away: a spec may keep it for longer than a request may take. */
export function patient(ctx: Ctx): Ctx {
  const deadline = { get: () => Date.now() + PATIENCE_MS, enumerable: true };
  return Object.freeze(Object.defineProperty({ ...ctx }, 'deadline', deadline));
}
