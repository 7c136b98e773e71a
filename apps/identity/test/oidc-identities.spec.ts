import {
  accountsApi,
  identitiesApi,
  IdentityLinked,
  IdentityUnlinked,
  oidcApi,
  type IdentitiesApi,
  type SessionTokens,
} from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { OpenIdProvider, type OpenIdAccount, MailSink, type TestService } from '@leadwire/testing';
import { anonymous, PASSWORD, signedIn, signUp, travel } from './identity-client.js';
import { callbackOf, complete, failureOf, logInWith, pageOf, signUpWith, startWith } from './oidc-client.js';

const LONG_AGO_MS = 600_001;

describe('linked ways to log in', () => {
  let first: OpenIdProvider;
  let second: OpenIdProvider;
  let service: TestService;
  let mails: MailSink;
  let identities: IdentitiesApi;
  let people = 0;
  const somebody = (): OpenIdAccount => ({ sub: `link-${++people}`, email: `link${people}@example.com` });

  beforeAll(async () => {
    [first, second, mails] = await Promise.all([
      OpenIdProvider.start([pageOf('first')]),
      OpenIdProvider.start([pageOf('second')]),
      MailSink.start(),
    ]);
    service = await startWith({ first, second }, { MAIL_SMTP_URL: mails.url });
    identities = service.client(identitiesApi);
  });
  afterAll(async () => {
    await service?.stop();
    await Promise.all([first?.stop(), second?.stop(), mails?.stop()]);
  });
  afterEach(() => travel(service, 0));

  const startLink = (session: SessionTokens, over: { password?: string; provider?: string } = {}) =>
    identities.startLink(signedIn(session), { provider: 'first', ...over });
  const link = async (session: SessionTokens, person: OpenIdAccount, provider = 'first') => {
    const real = provider === 'first' ? first : second;
    const begin = await startLink(session, { provider });
    return complete(service, await callbackOf(provider, real, begin, person));
  };
  const linkedBy = async (session: SessionTokens) =>
    (await identities.list(signedIn(session), {})).identities;

  it('are added by who is signed in, and then log the same person in', async () => {
    const session = await signUp(service);
    const person = somebody();
    const { identity, session: none } = await link(session, person);
    expect(none).toBeNull();
    expect(identity).toEqual({
      id: expect.any(String),
      provider: 'first',
      label: 'first',
      issuer: first.issuer,
      email: person.email,
      linkedAt: expect.any(String),
      updatedAt: expect.any(String),
      lastUsedAt: null,
    });
    expect(await linkedBy(session)).toEqual([identity]);
    const again = await logInWith(service, 'first', first, person);
    expect(again.session?.user.id).toBe(session.user.id);
    const [used] = await linkedBy(session);
    expect(used).toMatchObject({ id: identity?.id, lastUsedAt: expect.any(String) });
    const [row] = await service.database.query<{ updatedAt: Date }>(
      'SELECT updated_at AS "updatedAt" FROM identity.user_identities WHERE id = $1',
      [identity?.id],
    );
    expect(used?.updatedAt).toBe(row?.updatedAt.toISOString());
    expect(used?.updatedAt).not.toBe(identity?.updatedAt);
    expect(await service.events(IdentityLinked, session.tenant.id)).toMatchObject([
      { aggregateId: session.user.id, data: { userId: session.user.id, issuer: first.issuer } },
    ]);
  });

  it('are told to the person by mail when they are added and when they are removed', async () => {
    const session = await signUp(service);
    const { identity } = await link(session, somebody());
    const added = await mails.waitFor(session.user.email, 'You can now log in with first');
    expect(added.text).toContain('/forgot-password');
    await identities.unlink(signedIn(session), { identityId: identity?.id as string });
    await mails.waitFor(session.user.email, 'You can no longer log in with first');
    const told = mails.to(session.user.email).filter(({ subject }) => subject.includes('log in with'));
    expect(told).toHaveLength(2);
  });

  it('give their tokens back to the provider when they are removed', async () => {
    const session = await signUp(service);
    const { identity } = await link(session, somebody());
    const given = () => first.asked.filter((path) => path === '/token/revocation').length;
    const before = given();
    await identities.unlink(signedIn(session), { identityId: identity?.id as string });
    // The refresh token, and the access token that has not expired.
    expect(given()).toBe(before + 2);
  });

  it('stay one when linked again', async () => {
    const session = await signUp(service);
    const person = somebody();
    await link(session, person);
    await link(session, { ...person, email: 'changed@example.com' });
    expect(await linkedBy(session)).toMatchObject([{ email: 'changed@example.com' }]);
    expect(await service.events(IdentityLinked, session.tenant.id)).toHaveLength(1);
  });

  it('are not taken from the account that has them', async () => {
    const person = somebody();
    const owner = await signUp(service);
    await link(owner, person);
    const thief = await signUp(service);
    expect(await failureOf(link(thief, person))).toMatchObject({ code: 'oidc.identity_taken' });
    expect(await linkedBy(thief)).toEqual([]);
    expect(await linkedBy(owner)).toHaveLength(1);
  });

  it('ask who logged in a while ago for the password', async () => {
    const session = await signUp(service);
    travel(service, LONG_AGO_MS);
    expect(await failureOf(startLink(session))).toMatchObject({ code: 'oidc.reauthentication_required' });
    expect(await failureOf(startLink(session, { password: 'not the password' }))).toMatchObject({
      code: 'reauthentication.failed',
    });
    expect((await startLink(session, { password: PASSWORD })).authorizationUrl).toContain(first.issuer);
  });

  it('are not added any more once the session that wanted it has ended', async () => {
    const session = await signUp(service);
    const callback = await callbackOf('first', first, await startLink(session), somebody());
    await service.client(accountsApi).logOut(signedIn(session), {});
    expect(await failureOf(complete(service, callback))).toMatchObject({ code: 'oidc.log_in_unknown' });
    expect(await service.events(IdentityLinked, session.tenant.id)).toEqual([]);
  });

  it('are refused to an API key, which acts for a person but is none', async () => {
    const session = await signUp(service);
    const key = signedIn(session, 'owner', { actor: 'api-key' });
    const refused = { code: 'request.forbidden' };
    expect(await failureOf(identities.list(key, {}))).toMatchObject(refused);
    expect(await failureOf(identities.startLink(key, { provider: 'first' }))).toMatchObject(refused);
    expect(await failureOf(identities.unlink(key, { identityId: newId() }))).toMatchObject(refused);
  });

  it('are removed, and then log nobody in', async () => {
    const session = await signUp(service);
    const person = somebody();
    const { identity } = await link(session, person);
    await identities.unlink(signedIn(session), { identityId: identity?.id as string });
    expect(await linkedBy(session)).toEqual([]);
    expect(await failureOf(logInWith(service, 'first', first, person))).toMatchObject({
      code: 'oidc.sign_up_required',
    });
    expect(await service.events(IdentityUnlinked, session.tenant.id)).toMatchObject([
      { data: { userId: session.user.id, issuer: first.issuer } },
    ]);
  });

  it('are not removed by somebody else, nor long after the log-in', async () => {
    const owner = await signUp(service);
    const { identity } = await link(owner, somebody());
    const identityId = identity?.id as string;
    const stranger = await signUp(service);
    expect(await failureOf(identities.unlink(signedIn(stranger), { identityId }))).toMatchObject({
      code: 'oidc.identity_not_found',
      kind: 'not_found',
    });
    travel(service, LONG_AGO_MS);
    expect(await failureOf(identities.unlink(signedIn(owner), { identityId }))).toMatchObject({
      code: 'oidc.reauthentication_required',
    });
    expect(await linkedBy(owner)).toHaveLength(1);
  });

  it('are removed long after the log-in by who shows the password, and by nobody else', async () => {
    const owner = await signUp(service);
    const { identity } = await link(owner, somebody());
    const end = (password?: string) =>
      identities.endLink(signedIn(owner, 'owner', { idempotencyKey: 'once\tunlink' }), {
        identityId: identity?.id as string,
        ...(password === undefined ? {} : { password }),
      });
    travel(service, LONG_AGO_MS);
    expect(await failureOf(end())).toMatchObject({ code: 'oidc.reauthentication_required' });
    expect(await failureOf(end('not the password'))).toMatchObject({ code: 'reauthentication.failed' });
    expect(await linkedBy(owner)).toHaveLength(1);
    await end(PASSWORD);
    expect(await linkedBy(owner)).toEqual([]);
    // Neither the password nor the provider's tokens, in whatever form.
    const remembered = 'SELECT FROM identity.idempotency_keys WHERE tenant_id = $1';
    expect(await service.database.query(remembered, [owner.tenant.id])).toEqual([]);
  });

  it('never end with no way in, also when both are removed at once', async () => {
    const session = await signUpWith(service, 'first', first, somebody());
    const [only] = await linkedBy(session);
    const unlink = (identityId: string) => identities.unlink(signedIn(session), { identityId });
    expect(await failureOf(unlink(only?.id as string))).toMatchObject({ code: 'oidc.last_way_in' });
    await link(session, somebody(), 'second');
    const both = await linkedBy(session);
    const outcomes = await Promise.allSettled(both.map(({ id }) => unlink(id)));
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await linkedBy(session)).toHaveLength(1);
  });

  it('are at most twenty', async () => {
    const session = await signUp(service);
    for (let i = 0; i < 20; i++) {
      await service.database.query(
        `INSERT INTO identity.user_identities (id, user_id, provider, provider_user_id, provider_data)
         VALUES ($1, $2, 'https://elsewhere.test', $3, '{"key":"gone"}')`,
        [newId(), session.user.id, newId()],
      );
    }
    expect(await failureOf(link(session, somebody()))).toMatchObject({ code: 'oidc.too_many_identities' });
    expect(await linkedBy(session)).toHaveLength(20);
  });

  it('keep nobody else out: a person of two teams has them in both', async () => {
    const person = somebody();
    const session = await signUpWith(service, 'first', first, person);
    const other = await signUp(service);
    await service.database.query(
      'INSERT INTO identity.memberships (id, tenant_id, user_id, role) VALUES ($1, $2, $3, $4)',
      [newId(), other.tenant.id, session.user.id, 'agent'],
    );
    const start = await service
      .client(oidcApi)
      .start(anonymous(), { provider: 'first', tenantSlug: other.tenant.slug });
    const { session: there } = await complete(service, await callbackOf('first', first, start, person));
    expect(there).toMatchObject({ tenant: { id: other.tenant.id }, role: 'agent' });
    expect(await linkedBy(there as SessionTokens)).toHaveLength(1);
  });
});
