import { newId } from '@leadwire/kernel';
import { connectNats, type NatsConnection } from '@leadwire/messaging';
import { eventually, rightsOf, TestNats, TestRights } from '@leadwire/testing';
import { Entitlements, EntitlementSnapshots, SnapshotBucket } from '../src/index.js';
import { SnapshotWatch } from '../src/snapshot-watch.js';
import { startProcess, type TestProcess } from './process.js';

describe('the rights that a process holds', () => {
  let nats: TestNats;
  let connection: NatsConnection;
  let rights: TestRights;
  let process: TestProcess;
  let entitlements: Entitlements;

  beforeAll(async () => {
    nats = await TestNats.start();
    connection = await connectNats(nats.url, 'test');
    rights = new TestRights(connection);
  });
  afterAll(async () => {
    await connection.close();
    await nats.stop();
  });
  beforeEach(async () => {
    process = await startProcess(nats.url);
    entitlements = process.app.get(Entitlements);
  });
  afterEach(() => process.stop());

  const owner = (tenantId: string) => ({ tenantId, userId: 'u1', role: 'owner' as const });

  it('come from the bucket while identity is down, and are there without waiting from then on', async () => {
    const tenantId = newId();
    await rights.changeForEverybody({});
    await rights.change(tenantId, { features: { lead_import: false } });
    const first = await entitlements.capabilitiesOf(owner(tenantId));
    expect(first.has('leads.import')).toBe(false);
    expect(first.has('leads.write')).toBe(true);
    expect(entitlements.capabilitiesOf(owner(tenantId))).toBe(first);
  });

  it('follow every change at once', async () => {
    const tenantId = newId();
    await rights.changeForEverybody({});
    await rights.change(tenantId, {});
    expect(await entitlements.hasFeature(tenantId, 'email_campaigns')).toBe(true);
    await rights.change(tenantId, { status: 'suspended' });
    await eventually(async () => !(await entitlements.hasFeature(tenantId, 'email_campaigns')));
    expect(await entitlements.decide(tenantId, { feature: 'email_campaigns' })).toMatchObject({
      decidedBy: 'tenant_status',
    });
    await rights.change(tenantId, {});
    await eventually(() => entitlements.hasFeature(tenantId, 'email_campaigns'));
    await rights.changeForEverybody({ email_campaigns: { on: false } });
    await eventually(async () => !(await entitlements.hasFeature(tenantId, 'email_campaigns')));
  });

  it('end with a row that expires, without anybody saying so', async () => {
    const tenantId = newId();
    await rights.changeForEverybody({});
    await rights.change(tenantId, { flags: { lead_import: { on: true, expiresAt: Date.now() + 60_000 } } });
    expect((await entitlements.capabilitiesOf(owner(tenantId))).has('leads.import')).toBe(true);
    process.clock.move(60_001);
    expect((await entitlements.capabilitiesOf(owner(tenantId))).has('leads.import')).toBe(false);
  });

  it('are nowhere to be had when neither the bucket nor identity has them: the question fails instead of being guessed', async () => {
    await rights.changeForEverybody({});
    await expect(entitlements.hasFeature(newId(), 'lead_import')).rejects.toMatchObject({
      code: 'request.unavailable',
    });
  });

  it('are asked of identity once, however many ask at the same time', async () => {
    const other = await connectNats(nats.url, 'identity');
    const identity = new TestRights(other).serve();
    const tenantId = newId();
    await other.flush();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => entitlements.hasFeature(tenantId, 'lead_import')),
    );
    expect(answers.every(Boolean)).toBe(true);
    expect(identity.asked).toBe(1);
    // What the bucket brings later is newer than what identity said.
    await rights.change(tenantId, { features: { lead_import: false } });
    await eventually(async () => !(await entitlements.hasFeature(tenantId, 'lead_import')));
    await other.close();
  });

  it('go on while the broker is away, say so, and miss nothing that was said meanwhile', async () => {
    const tenantId = newId();
    await rights.changeForEverybody({});
    await rights.change(tenantId, {});
    const snapshots = process.app.get(EntitlementSnapshots);
    const told: boolean[] = [];
    snapshots.observe({ stale: (isStale) => told.push(isStale) });
    expect(await entitlements.hasFeature(tenantId, 'lead_import')).toBe(true);
    await nats.down('SIGKILL');
    await eventually(() => snapshots.stale);
    expect(await entitlements.hasFeature(tenantId, 'lead_import')).toBe(true);
    await nats.up();
    const published = eventually(() =>
      rights.change(tenantId, { features: { lead_import: false } }).then(() => true),
    );
    await published;
    await eventually(async () => !(await entitlements.hasFeature(tenantId, 'lead_import')));
    await eventually(() => !snapshots.stale);
    expect(told).toEqual([true, false]);
  });

  it('are never replaced by older ones, whoever publishes when', async () => {
    const bucket = new SnapshotBucket(connection);
    const tenantId = newId();
    const versions = [3, 1, 5, 2, 4];
    const put = versions.map((version) =>
      bucket.putTenant(rightsOf(tenantId, { version, planTier: `plan-${version}` })),
    );
    await Promise.all(put);
    expect((await bucket.tenant(tenantId))?.snapshot).toMatchObject({ version: 5, planTier: 'plan-5' });
    expect(await bucket.putTenant(rightsOf(tenantId, { version: 5, planTier: 'other' }))).toBe(false);
    await bucket.removeTenant(tenantId);
    expect(await bucket.tenant(tenantId)).toBeUndefined();
    expect(await bucket.putTenant(rightsOf(tenantId, { version: 6 }))).toBe(true);
  });

  it('are kept when a newer version writes what we cannot read, and end when their tenant does', async () => {
    const bucket = new SnapshotBucket(connection);
    const [tenantId, other] = [newId(), newId()];
    await rights.changeForEverybody({});
    await rights.change(tenantId, {});
    await rights.change(other, {});
    expect(await entitlements.hasFeature(tenantId, 'lead_import')).toBe(true);
    expect(await entitlements.hasFeature(other, 'lead_import')).toBe(true);
    const { kv } = await bucket.open();
    await kv.put(`tenant.${tenantId}`, JSON.stringify({ format: 2 }));
    await bucket.removeTenant(other);
    await eventually(async () => !(await entitlements.hasFeature(other, 'lead_import')));
    expect(await entitlements.hasFeature(tenantId, 'lead_import')).toBe(true);
  });

  it('outlive the loss of the bucket, and follow the new one', async () => {
    const bucket = new SnapshotBucket(connection);
    const tenantId = newId();
    await rights.changeForEverybody({});
    await rights.change(tenantId, {});
    expect(await entitlements.hasFeature(tenantId, 'lead_import')).toBe(true);
    const { kv } = await bucket.open();
    await kv.destroy();
    expect(await entitlements.hasFeature(tenantId, 'lead_import')).toBe(true);
    await rights.changeForEverybody({});
    await rights.change(tenantId, { features: { lead_import: false } });
    await eventually(async () => !(await entitlements.hasFeature(tenantId, 'lead_import')));
  });

  it('are followed no more after a stop that falls into beginning anew', async () => {
    const own = await connectNats(nats.url, 'slow');
    const bucket = new SnapshotBucket(own);
    const ignore = () => undefined;
    const watch = new SnapshotWatch(own, bucket, {
      tenant: ignore,
      everybody: ignore,
      renewed: ignore,
      stale: ignore,
    });
    await watch.start();
    const opening = Promise.withResolvers<void>();
    const stopping = Promise.withResolvers<void>();
    const open = bucket.open.bind(bucket);
    bucket.open = async () => {
      opening.resolve();
      const state = await open();
      await stopping.promise;
      return state;
    };
    await nats.down();
    await nats.up();
    await opening.promise;
    const stopped = watch.stop();
    stopping.resolve();
    await stopped;
    await own.close();
  });
});
