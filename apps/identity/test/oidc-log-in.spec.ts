import { accountsApi, oidcApi, passwordsApi, UserSignedUp, IdentityLinked } from '@leadwire/contracts';
import { MailSink, OpenIdProvider, type TestService } from '@leadwire/testing';
import { anonymous, claimsOf, PASSWORD, signedIn, signUp, travel } from './identity-client.js';
import {
  callbackOf,
  complete,
  failureOf,
  logInWith,
  pageOf,
  signUpWith,
  start,
  startWith,
} from './oidc-client.js';

describe('logging in with a provider', () => {
  let real: OpenIdProvider;
  let service: TestService;
  let mails: MailSink;
  let people = 0;
  const somebody = (over = {}) => {
    const n = ++people;
    const email = `ext${n}@example.com`;
    return { sub: `sub-${n}`, email, email_verified: true, given_name: 'Eva', family_name: 'Ext', ...over };
  };
  const rows = (sql: string, params: unknown[] = []) =>
    service.database.query<Record<string, unknown>>(sql, params);

  beforeAll(async () => {
    real = await OpenIdProvider.start([pageOf('real')]);
    mails = await MailSink.start();
    service = await startWith({ real }, { MAIL_SMTP_URL: mails.url });
  });
  afterAll(async () => {
    await service?.stop();
    await real?.stop();
    await mails?.stop();
  });
  afterEach(() => {
    travel(service, 0);
    real.refuses = false;
  });

  it('lists the providers without telling anything about the client', async () => {
    expect(await service.client(oidcApi).providers(anonymous(), {})).toEqual({
      providers: [{ key: 'real', label: 'real' }],
    });
    expect(await failureOf(start(service, 'other'))).toMatchObject({ code: 'oidc.provider_not_found' });
  });

  it('sends the browser with state, nonce and S256, and keeps none of them readable', async () => {
    const { authorizationUrl, handle, expiresAt } = await start(service, 'real');
    const url = new URL(authorizationUrl);
    const query = Object.fromEntries(url.searchParams);
    expect(query).toMatchObject({
      response_type: 'code',
      redirect_uri: pageOf('real'),
      code_challenge_method: 'S256',
      client_id: 'leadwire',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(new Date(expiresAt).getTime() - Date.now()).toBeGreaterThan(590_000);
    const kept = JSON.stringify(await rows('SELECT * FROM identity.oidc_log_ins'));
    for (const secret of [query['state'], query['nonce'], handle]) expect(kept).not.toContain(secret);
  });

  it('lets somebody whom we do not know make a team with one ticket, without a password', async () => {
    const person = somebody();
    const unknown = await failureOf(logInWith(service, 'real', real, person));
    expect(unknown).toMatchObject({
      code: 'oidc.sign_up_required',
      details: { extras: { email: person.email, ticket: expect.any(String) } },
    });
    const ticket = String(unknown.details.extras?.['ticket']);
    const session = await service.client(oidcApi).signUp(anonymous(), { ticket, tenantName: 'Acme' });
    expect(session).toMatchObject({
      user: { email: person.email, firstName: 'Eva', lastName: 'Ext', emailVerified: true },
      tenant: { name: 'Acme' },
      role: 'owner',
      expiresInSeconds: 300,
    });
    expect(claimsOf(session.accessToken)['sid']).toBeTruthy();
    expect(await service.events(UserSignedUp, session.tenant.id)).toHaveLength(1);
    expect(await service.events(IdentityLinked, session.tenant.id)).toMatchObject([
      { data: { userId: session.user.id, issuer: real.issuer } },
    ]);
    expect(
      await failureOf(service.client(oidcApi).signUp(anonymous(), { ticket, tenantName: 'Twice' })),
    ).toMatchObject({ code: 'oidc.ticket_unknown' });
    expect(
      await failureOf(
        service.client(accountsApi).logIn(anonymous(), { email: person.email, password: PASSWORD }),
      ),
    ).toMatchObject({ code: 'account.bad_credentials' });
  });

  it('begins a session of the same account ever after, and remembers when', async () => {
    const person = somebody();
    const first = await signUpWith(service, 'real', real, person);
    travel(service, 60_000);
    const again = await logInWith(service, 'real', real, { ...person, email: 'moved@example.com' });
    expect(again).toMatchObject({
      session: { user: { id: first.user.id, email: person.email }, tenant: { id: first.tenant.id } },
      identity: null,
    });
    const renewed = await service
      .client(accountsApi)
      .refresh(anonymous(), { refreshToken: again.session?.refreshToken ?? '' });
    expect(renewed.user.id).toBe(first.user.id);
    const [row] = await rows('SELECT * FROM identity.user_identities WHERE user_id = $1', [first.user.id]);
    expect(row).toMatchObject({
      provider: real.issuer,
      provider_user_id: person.sub,
      provider_data: { key: 'real', email: 'moved@example.com' },
      access_token: expect.stringMatching(/^v1\./),
      refresh_token: expect.stringMatching(/^v1\./),
      token_expires_at: expect.any(Date),
      refresh_at: expect.any(Date),
    });
    expect((row?.['last_used_at'] as Date).getTime()).toBeGreaterThan(Date.now() + 50_000);
  });

  it('never joins an account by its address: that needs its password, once', async () => {
    const person = somebody();
    const { user } = await signUp(service, { email: person.email });
    const refused = await failureOf(logInWith(service, 'real', real, person));
    expect(refused).toMatchObject({ code: 'oidc.link_required', kind: 'conflict' });
    const ticket = String(refused.details.extras?.['ticket']);
    const link = (password: string) =>
      service.client(oidcApi).link(anonymous(), { ticket, email: person.email, password });
    expect(await failureOf(link('not the password'))).toMatchObject({ code: 'account.bad_credentials' });
    expect(await rows('SELECT FROM identity.user_identities WHERE user_id = $1', [user.id])).toHaveLength(0);
    expect(await link(PASSWORD)).toMatchObject({ user: { id: user.id } });
    expect(await failureOf(link(PASSWORD))).toMatchObject({ code: 'oidc.ticket_unknown' });
    expect(await logInWith(service, 'real', real, person)).toMatchObject({
      session: { user: { id: user.id } },
    });
  });

  it('tells nobody that an address has an account unless the provider has verified it', async () => {
    const person = somebody({ email_verified: false });
    await signUp(service, { email: person.email });
    const refused = await failureOf(logInWith(service, 'real', real, person));
    expect(refused).toMatchObject({ code: 'oidc.sign_up_required' });
    const ticket = String(refused.details.extras?.['ticket']);
    const work = service.client(oidcApi).signUp(anonymous(), { ticket, tenantName: 'Mine' });
    expect(await failureOf(work)).toMatchObject({ code: 'account.email_taken' });
    expect(
      await rows('SELECT FROM identity.user_identities WHERE provider_user_id = $1', [person.sub]),
    ).toEqual([]);
  });

  it('keeps a ticket for another try when what it was used for fails', async () => {
    const person = somebody({ email_verified: false });
    const { user } = await signUp(service, { email: person.email });
    const { details } = await failureOf(logInWith(service, 'real', real, person));
    const ticket = String(details.extras?.['ticket']);
    const signingUp = service.client(oidcApi).signUp(anonymous(), { ticket, tenantName: 'Mine' });
    expect(await failureOf(signingUp)).toMatchObject({ code: 'account.email_taken' });
    const input = { ticket, email: person.email, password: PASSWORD };
    expect(await service.client(oidcApi).link(anonymous(), input)).toMatchObject({ user: { id: user.id } });
  });

  it('does not believe an address that the provider has not verified', async () => {
    const session = await signUpWith(service, 'real', real, somebody({ email_verified: false }));
    expect(session.user.emailVerified).toBe(false);
  });

  it('asks who comes without an address to share one', async () => {
    const person = { sub: `sub-${++people}` };
    expect(await failureOf(logInWith(service, 'real', real, person))).toMatchObject({
      code: 'oidc.email_missing',
    });
  });

  it('enters the team that was named, and no team of others', async () => {
    const person = somebody();
    await signUpWith(service, 'real', real, person);
    const other = await signUp(service);
    const begin = await service
      .client(oidcApi)
      .start(anonymous(), { provider: 'real', tenantId: other.tenant.id });
    const work = complete(service, await callbackOf('real', real, begin, person));
    expect(await failureOf(work)).toMatchObject({ code: 'account.not_a_member' });
  });

  it('refuses who comes to a team that is suspended, and says so', async () => {
    const person = somebody();
    const { tenant } = await signUpWith(service, 'real', real, person);
    await rows("UPDATE identity.tenants SET status = 'suspended' WHERE id = $1", [tenant.id]);
    expect(await failureOf(logInWith(service, 'real', real, person))).toMatchObject({
      code: 'tenant.suspended',
    });
  });

  it('asks for an address that the provider has not verified to be confirmed, and no other', async () => {
    const unverified = somebody({ email_verified: false });
    await signUpWith(service, 'real', real, unverified);
    const mail = await mails.waitFor(unverified.email, 'Confirm your e-mail address');
    expect(mail.text).toContain('/verify-email');
    const verified = somebody();
    await signUpWith(service, 'real', real, verified);
    expect(mails.to(verified.email)).toEqual([]);
  });

  it('leaves no door to who made the account with an address of somebody else, once its owner shows up', async () => {
    const intruder = somebody({ email_verified: false });
    const { user } = await signUpWith(service, 'real', real, intruder);
    const owner = somebody({ email: intruder.email });
    expect(await failureOf(logInWith(service, 'real', real, owner))).toMatchObject({
      code: 'oidc.link_required',
    });
    const passwords = service.client(passwordsApi);
    await passwords.requestReset(anonymous(), { email: owner.email });
    const { text } = await mails.waitFor(owner.email, 'Set a new password');
    const token = /#token=([\w-]+)/.exec(text)?.[1] as string;
    await passwords.reset(anonymous(), { token, password: `${PASSWORD} anew` });
    expect(await failureOf(logInWith(service, 'real', real, intruder))).toMatchObject({
      code: expect.stringMatching(/^oidc\.(sign_up|link)_required$/),
    });
    expect(await rows('SELECT FROM identity.user_identities WHERE user_id = $1', [user.id])).toEqual([]);
  });

  it('refuses an account that was switched off', async () => {
    const person = somebody();
    const { user } = await signUpWith(service, 'real', real, person);
    await rows('UPDATE identity.users SET is_active = false WHERE id = $1', [user.id]);
    expect(await failureOf(logInWith(service, 'real', real, person))).toMatchObject({
      code: 'account.not_a_member',
    });
  });

  it('says so when the person calls it off at the provider', async () => {
    real.refuses = true;
    expect(await failureOf(logInWith(service, 'real', real, somebody()))).toMatchObject({
      code: 'oidc.denied',
      kind: 'forbidden',
    });
  });

  it('makes one account of two tickets that sign the same person up at once', async () => {
    const person = somebody();
    const tickets = [];
    for (let i = 0; i < 2; i++) {
      const { details } = await failureOf(logInWith(service, 'real', real, person));
      tickets.push(String(details.extras?.['ticket']));
    }
    const outcomes = await Promise.allSettled(
      tickets.map((ticket) => service.client(oidcApi).signUp(anonymous(), { ticket, tenantName: 'Race' })),
    );
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await rows('SELECT FROM identity.users WHERE email = $1', [person.email])).toHaveLength(1);
    expect(await rows("SELECT FROM identity.tenants WHERE name = 'Race'")).toHaveLength(1);
  });

  it('forgets log-ins and tickets after ten minutes', async () => {
    const begin = await start(service, 'real');
    const callback = await callbackOf('real', real, begin, somebody());
    const { details } = await failureOf(logInWith(service, 'real', real, somebody()));
    travel(service, 600_001);
    expect(await failureOf(complete(service, callback))).toMatchObject({ code: 'oidc.log_in_unknown' });
    const ticket = String(details.extras?.['ticket']);
    expect(
      await failureOf(service.client(oidcApi).signUp(anonymous(), { ticket, tenantName: 'Late' })),
    ).toMatchObject({ code: 'oidc.ticket_unknown' });
    for (let i = 0; i < 5; i++) await start(service, 'real');
    // Those of before are swept by those that come.
    expect(await rows('SELECT FROM identity.oidc_log_ins')).toHaveLength(5);
  });

  it('works over a session that log-out ends like any other', async () => {
    const session = await signUpWith(service, 'real', real, somebody());
    await service.client(accountsApi).logOut(signedIn(session), {});
    expect(
      await failureOf(
        service.client(accountsApi).refresh(anonymous(), { refreshToken: session.refreshToken }),
      ),
    ).toMatchObject({ code: 'account.session_ended' });
  });
});
