import { setTimeout as wait } from 'node:timers/promises';
import { EmailSent, subjectOf, type EmailSentData } from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { connectNats, ensureStreams, eventHeaders, JetStreamPublisher } from '@leadwire/messaging';
import pg from 'pg';
import { BillingProcess, migrateBilling } from './billing-process.ts';
import { startInfrastructure, type Infrastructure } from './infrastructure.ts';

const TENANTS = 20;
const WARM_UP = 4_000;
const EVENTS = 40_000;
const BATCH = 1_000;
const DEADLINE_MS = 120_000;
/** A campaign's mails are all of who launched it. */
const LAUNCHED_BY = newId();

type Connection = Awaited<ReturnType<typeof connectNats>>;

/**
 * Facts of mails, published to JetStream as fast as it takes them, until billing has rated, recorded and debited each: one process of
 * billing, which announces each charge meanwhile.
 */
export async function benchUsage(): Promise<{ usagePerSecond: number; usageOneWalletPerSecond: number }> {
  const infrastructure = await startInfrastructure();
  try {
    await migrateBilling(infrastructure);
    return await withConnections(infrastructure, measure);
  } finally {
    await infrastructure.stop();
  }
}

async function measure(connection: Connection, admin: pg.Client) {
  const many = Array.from({ length: TENANTS }, () => newId());
  await charge(connection, admin, many, WARM_UP);
  const usagePerSecond = await charge(connection, admin, many, EVENTS);
  const usageOneWalletPerSecond = await charge(connection, admin, [newId()], EVENTS);
  return { usagePerSecond, usageOneWalletPerSecond };
}

/** Runs `work` beside a running billing, and ends what it was given whatever becomes of it. */
async function withConnections<T>(
  infrastructure: Infrastructure,
  work: (connection: Connection, admin: pg.Client) => Promise<T>,
): Promise<T> {
  const connection = await connectNats(infrastructure.nats.url, 'bench');
  const admin = new pg.Client({ connectionString: infrastructure.postgres.adminUrl });
  try {
    await ensureStreams(connection);
    await admin.connect();
    const billing = await BillingProcess.start(infrastructure);
    try {
      return await work(connection, admin);
    } finally {
      await billing.stop();
    }
  } finally {
    await admin.end();
    await connection.close();
  }
}

/** Publishes so many mails of some tenants; returns how many a second were charged, from the first one sent to the last one debited. */
async function charge(
  connection: Connection,
  admin: pg.Client,
  tenants: string[],
  count: number,
): Promise<number> {
  const before = await chargedOf(admin, tenants);
  const messages = Array.from({ length: count }, (_, i) => mailOf(tenants[i % tenants.length] as string));
  const publisher = new JetStreamPublisher(connection);
  const started = performance.now();
  for (let sent = 0; sent < count; sent += BATCH) {
    const outcomes = await publisher.publish(messages.slice(sent, sent + BATCH));
    if (outcomes.some(({ status }) => status !== 'stored')) throw new Error('the broker refused mails');
  }
  while ((await chargedOf(admin, tenants)) < before + count) {
    if (performance.now() - started > DEADLINE_MS) throw new Error('not all mails were charged in time');
    await wait(20);
  }
  const seconds = (performance.now() - started) / 1000;
  await publisher.close();
  return count / seconds;
}

// Postings but the trial credit, which is always the first: adding the ledger up would be what is measured.
async function chargedOf(admin: pg.Client, tenants: string[]): Promise<number> {
  const { rows } = await admin.query<{ charged: string | null }>(
    'SELECT sum(last_seq - 1) AS charged FROM billing.billing_wallets WHERE tenant_id = ANY ($1)',
    [tenants],
  );
  return Number(rows[0]?.charged ?? 0);
}

function mailOf(tenantId: string) {
  const [id, enrolmentId, activityId] = [newId(), newId(), newId()];
  const data: EmailSentData = {
    campaignId: newId(),
    enrolmentId,
    leadId: newId(),
    stepId: newId(),
    activityId,
    emailAccountId: newId(),
    launchedByUserId: LAUNCHED_BY,
    to: 'ada@example.test',
    subject: 'Hello',
    messageId: `<${activityId}@example.test>`,
    sentAt: new Date().toISOString(),
  };
  const payload = JSON.stringify(data);
  const headers = eventHeaders({
    id,
    tenantId,
    type: EmailSent.type,
    aggregateId: enrolmentId,
    payload,
    occurredAt: data.sentAt,
    metadata: {
      version: 0,
      actor: 'system',
      userId: null,
      correlationId: id,
      causationId: null,
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    },
  });
  return { subject: subjectOf(EmailSent.type, tenantId), headers, payload };
}
