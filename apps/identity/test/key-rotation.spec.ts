import { accountsApi, signingKeysApi, type SigningKeysApi } from '@leadwire/contracts';
import { Clock, systemCtx } from '@leadwire/kernel';
import { eventually, type TestService } from '@leadwire/testing';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { SigningKeys } from '../src/keys/signing-keys.js';
import { anonymous, PASSWORD, signedIn, signUp, startIdentity, travel } from './identity-client.js';

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
const operator = () => systemCtx('');

describe('the signing keys', () => {
  let service: TestService;
  let keys: SigningKeysApi;

  beforeAll(async () => {
    service = await startIdentity();
    keys = service.client(signingKeysApi);
  });
  afterAll(() => service.stop());
  beforeEach(async () => {
    await service.database.query('DELETE FROM identity.signing_keys');
    await look();
  });
  afterEach(() => travel(service, 0));

  const states = async () => (await keys.list(operator(), {})).items.map(({ state }) => state).sort();
  const idOf = async (state: string) =>
    (await keys.list(operator(), {})).items.find((key) => key.state === state)?.id;
  const published = async () => (await keys.jwks(anonymous(), {})).keys.map(({ kid }) => kid);
  const kidOf = (token: string) => decodeProtectedHeader(token).kid;
  /** Every look that a replica takes by itself, taken now. */
  const look = () => service.running.app.get(SigningKeys).advance({ rotateEveryMs: 30 * DAY_MS });

  it('change by themselves when the active one is old, and the one before verifies until its tokens are over', async () => {
    const before = await signUp(service);
    const [first, second] = [await idOf('active'), await idOf('next')];
    expect(kidOf(before.accessToken)).toBe(first);
    travel(service, 30 * DAY_MS - MINUTE_MS);
    await look();
    expect(await idOf('active')).toBe(first);
    travel(service, 30 * DAY_MS);
    await look();
    expect(await idOf('active')).toBe(second);
    expect(kidOf((await signUp(service)).accessToken)).toBe(second);
    expect(await published()).toEqual(expect.arrayContaining([first, second, await idOf('next')]));
    travel(service, 30 * DAY_MS + 11 * MINUTE_MS);
    await look();
    expect(await published()).not.toContain(first);
    const [row] = await service.database.query(
      'SELECT private_key FROM identity.signing_keys WHERE id = $1',
      [first],
    );
    expect(row).toEqual({ private_key: null });
  });

  it('change on command once verifiers know the next one, and not before unless somebody insists', async () => {
    await expect(keys.rotate(operator(), {})).rejects.toMatchObject({ code: 'signing_key.not_ready' });
    expect(await states()).toEqual(['active', 'next']);
    travel(service, 10 * MINUTE_MS);
    const next = await idOf('next');
    await keys.rotate(operator(), {});
    expect(await idOf('active')).toBe(next);
    await keys.rotate(operator(), { atOnce: true });
    expect(await states()).toEqual(['active', 'next', 'retiring', 'retiring']);
  });

  it('are rotated by nobody but those who run the platform', async () => {
    const ctx = signedIn(await signUp(service));
    await expect(keys.rotate(ctx, { atOnce: true })).rejects.toMatchObject({ code: 'request.forbidden' });
    await expect(keys.list(ctx, {})).rejects.toMatchObject({ code: 'request.forbidden' });
    await expect(keys.rotate(anonymous(), {})).rejects.toMatchObject({
      kind: expect.stringMatching(/forbidden|unauth/),
    });
  });

  it('can change at any moment without one token that the published keys do not verify', async () => {
    const { user } = await signUp(service);
    const accounts = service.client(accountsApi);
    let rotating = true;
    const rotations = (async () => {
      for (let i = 0; i < 10; i++) await keys.rotate(operator(), { atOnce: true });
      rotating = false;
    })();
    let checked = 0;
    let session = await accounts.logIn(anonymous(), { email: user.email, password: PASSWORD });
    while (rotating) {
      session = await accounts.refresh(anonymous(), { refreshToken: session.refreshToken });
      const set = createLocalJWKSet(await keys.jwks(anonymous(), {}));
      await jwtVerify(session.accessToken, set);
      checked++;
    }
    await rotations;
    expect(checked).toBeGreaterThan(0);
  });

  it('are changed once when all replicas look at the same moment, and all sign with the same one then', async () => {
    const replicas = [service.running, await service.addReplica(), await service.addReplica()];
    const later = () => new Date(Date.now() + 31 * DAY_MS);
    for (const { app } of replicas) app.get(Clock).now = later;
    const signers = replicas.map(({ app }) => app.get(SigningKeys));
    await Promise.all(signers.map((signer) => signer.advance({ rotateEveryMs: 30 * DAY_MS })));
    expect(await states()).toEqual(['active', 'next', 'retiring']);
    const claims = { sub: 'u', sid: 's', tid: 't', role: 'owner' as const };
    const tokens = await Promise.all(signers.map((signer) => signer.sign(claims)));
    expect(new Set(tokens.map(({ accessToken }) => kidOf(accessToken))).size).toBe(1);
    for (const replica of replicas.slice(1)) await replica.stop();
    await look();
  });

  it('reach replicas that were not asked, by themselves', async () => {
    const replica = await service.addReplica();
    await keys.rotate(operator(), { atOnce: true });
    const active = await idOf('active');
    const claims = { sub: 'u', sid: 's', tid: 't', role: 'owner' as const };
    for (const { app } of [service.running, replica]) {
      await eventually(async () => kidOf((await app.get(SigningKeys).sign(claims)).accessToken) === active);
    }
  });
});
