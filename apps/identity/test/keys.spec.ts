import { getDataSourceToken } from '@nestjs/typeorm';
import { ACCESS_TOKEN, accountsApi, signingKeysApi } from '@leadwire/contracts';
import { Clock } from '@leadwire/kernel';
import { CONFIG } from '@leadwire/platform';
import type { TestService } from '@leadwire/testing';
import { createLocalJWKSet, jwtVerify } from 'jose';
import type { DataSource } from 'typeorm';
import type { IdentityConfig } from '../src/identity.config.js';
import { KeyRing } from '../src/keys/key-ring.js';
import { SigningKeys } from '../src/keys/signing-keys.js';
import {
  anonymous,
  captureLog,
  PASSWORD,
  signedIn,
  signUp,
  someone,
  startIdentity,
} from './identity-client.js';

describe('access tokens and what they are signed with', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startIdentity();
  });
  afterAll(() => service.stop());

  const jwks = async () => createLocalJWKSet(await service.client(signingKeysApi).jwks(anonymous(), {}));
  const expected = {
    issuer: ACCESS_TOKEN.issuer,
    audience: ACCESS_TOKEN.audience,
    algorithms: [ACCESS_TOKEN.algorithm],
    typ: ACCESS_TOKEN.type,
  };

  it('verify with the published keys and say who, where and as what, for five minutes', async () => {
    const { accessToken, user, tenant } = await signUp(service);
    const { payload, protectedHeader } = await jwtVerify(accessToken, await jwks(), expected);
    expect(payload).toMatchObject({ sub: user.id, tid: tenant.id, sid: expect.any(String), role: 'owner' });
    expect((payload.exp ?? 0) - Math.floor(payload.iat ?? 0)).toBe(300);
    expect(protectedHeader).toMatchObject({ alg: 'EdDSA', typ: 'at+jwt', kid: expect.any(String) });
  });

  it('do not verify once altered', async () => {
    const { accessToken } = await signUp(service);
    const [header, , signature] = accessToken.split('.');
    const body = Buffer.from(
      JSON.stringify({ sub: 'x', iss: expected.issuer, aud: expected.audience, exp: 9e9 }),
    ).toString('base64url');
    await expect(jwtVerify(`${header}.${body}.${signature}`, await jwks(), expected)).rejects.toThrow(
      /signature/,
    );
  });

  it('publish nothing private, and keep the private key sealed', async () => {
    const { keys } = await service.client(signingKeysApi).jwks(anonymous(), {});
    const key = {
      kty: 'OKP',
      crv: 'Ed25519',
      x: expect.any(String),
      kid: expect.any(String),
      alg: 'EdDSA',
      use: 'sig',
    };
    expect(keys).toEqual([key, key]);
    const rows = await service.database.query<{ private_key: string; state: string }>(
      'SELECT * FROM identity.signing_keys',
    );
    const sealed = expect.stringMatching(/^v1\./);
    expect(rows.sort((a, b) => a.state.localeCompare(b.state))).toMatchObject([
      { state: 'active', private_key: sealed },
      { state: 'next', private_key: sealed },
    ]);
  });

  it('are signed with one key by all replicas, also by those that start at the same moment', async () => {
    await service.database.query('DELETE FROM identity.signing_keys');
    await Promise.all([service.addReplica(), service.addReplica()]);
    const rows = await service.database.query<{ state: string }>(
      'SELECT state FROM identity.signing_keys ORDER BY state',
    );
    expect(rows).toEqual([{ state: 'active' }, { state: 'next' }]);
  });

  it('are not signed at all with a key-encryption key that does not open the stored key', async () => {
    const { app } = service.running;
    const config = { ...app.get<IdentityConfig>(CONFIG), KEY_ENCRYPTION_KEY: Buffer.alloc(32, 9) };
    const ring = new KeyRing(app.get<DataSource>(getDataSourceToken()), config, app.get(Clock));
    for (const call of [() => ring.active(), () => ring.advance('rotate-at-once')])
      await expect(call()).rejects.toThrow(/KEY_ENCRYPTION_KEY does not open signing key/);
  });
});

describe('logs, events and tables', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startIdentity();
  });
  afterAll(() => service.stop());

  it('hold no password, hash, token or key', async () => {
    const lines = captureLog(service);
    await service.database.query('DELETE FROM identity.signing_keys');
    await service.running.app.get(SigningKeys).onModuleInit();
    const accounts = service.client(accountsApi);
    const person = someone();
    const first = await accounts.signUp(anonymous(), person);
    const second = await accounts.refresh(anonymous(), { refreshToken: first.refreshToken });
    const failures = [
      accounts.logIn(anonymous(), { email: person.email, password: 'a wrong password' }),
      accounts.signUp(anonymous(), person),
    ];
    for (const failure of failures) await expect(failure).rejects.toThrow();
    await accounts.refresh(anonymous(), { refreshToken: second.refreshToken });
    await expect(accounts.refresh(anonymous(), { refreshToken: first.refreshToken })).rejects.toThrow();
    await accounts.logOut(signedIn(first), {});

    const [row] = await service.database.query<{ hash: string; key: string }>(
      `SELECT password_hash AS hash, (SELECT private_key FROM identity.signing_keys WHERE state = 'active') AS key
       FROM identity.users`,
    );
    const events = await service.database.query('SELECT payload, metadata FROM identity.domain_events');
    const sessions = await service.database.query(
      `SELECT s::text, r::text FROM identity.sessions s JOIN identity.refresh_tokens r ON r.session_id = s.id`,
    );
    const logged = lines.join('');
    expect(logged).toContain('account.session_ended');
    expect(logged).toContain('account.bad_credentials');
    expect(events).toHaveLength(4);
    expect(sessions).toHaveLength(3);
    const tokens = [first, second].flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken]);
    for (const secret of [PASSWORD, 'a wrong password', row?.hash, row?.key, ...tokens]) {
      expect(secret).toBeTruthy();
      for (const place of [logged, JSON.stringify(events), JSON.stringify(sessions)]) {
        expect(place).not.toContain(secret);
      }
    }
  });
});
