import {
  accountsApi,
  MembershipCreated,
  oidcApi,
  signUpLinksApi,
  TenantCreated,
  UserSignedUp,
  type AccountsApi,
  type SessionTokens,
  type SignUpLinksApi,
  type SignUpWithLink,
} from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { eventually, MailSink, OpenIdProvider, type TestService } from '@leadwire/testing';
import pg from 'pg';
import { anonymous, PASSWORD, signedIn, someone, startAsShipped, travel } from './identity-client.js';
import { envOf, failureOf, logInWith, pageOf } from './oidc-client.js';

const DAY_MS = 24 * 3_600_000;
const LINK = 'Sign up for Leadwire';
const ATTEMPTED = 'You already have';
const NO_LINK = 'x'.repeat(43);

describe('signing up with a mailed link', () => {
  let service: TestService;
  let mails: MailSink;
  let real: OpenIdProvider;
  let links: SignUpLinksApi;
  let accounts: AccountsApi;
  let people = 0;

  beforeAll(async () => {
    mails = await MailSink.start();
    real = await OpenIdProvider.start([pageOf('real')]);
    service = await startAsShipped({ ...envOf({ real }), MAIL_SMTP_URL: mails.url });
    links = service.client(signUpLinksApi);
    accounts = service.client(accountsApi);
  });
  afterAll(async () => {
    await service?.stop();
    await real?.stop();
    await mails?.stop();
  });
  afterEach(() => travel(service, 0));

  const newAddress = () => `newcomer${++people}@example.com`;
  const ask = (email: string, clientIp?: string) =>
    links.request({ ...anonymous(), ...(clientIp ? { clientIp } : {}) }, { email });
  const confirm = (token: string, over: Partial<SignUpWithLink> = {}) =>
    links.confirm(anonymous(), { token, tenantName: 'Acme', password: PASSWORD, ...over });
  const linkFor = async (email: string): Promise<string> => {
    await ask(email);
    return mails.tokenFor(email, LINK);
  };
  const signUp = async (email = newAddress()): Promise<SessionTokens> => confirm(await linkFor(email));
  const subjectsTo = (email: string) => mails.to(email).map(({ subject }) => subject);
  const countOf = async (table: string, where: string, value: string) => {
    const [row] = await service.database.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM identity.${table} WHERE ${where} = $1`,
      [value],
    );
    return row?.n;
  };
  const allSent = () =>
    eventually(async () => (await countOf('deliveries', 'state', 'waiting')) === 0).then(() => undefined);
  const hashes = async () => {
    const metrics = await (await fetch(`${await service.running.app.getUrl()}/metrics`)).text();
    return Number(/^leadwire_password_hashes_total\S* (\d+)$/m.exec(metrics)?.[1]);
  };

  describe('makes a team', () => {
    it('whose owner has a confirmed address, and announces tenant, owner and membership once each', async () => {
      const token = await linkFor('dana@link.example.com');
      const session = await confirm(token, { tenantName: ' Müller & Söhne ', firstName: 'Dana' });
      expect(session).toMatchObject({
        expiresInSeconds: 300,
        role: 'owner',
        user: { email: 'dana@link.example.com', firstName: 'Dana', lastName: null, emailVerified: true },
        tenant: { name: 'Müller & Söhne', slug: 'muller-sohne', status: 'active', planTier: 'trial' },
      });
      const { tenant, user } = session;
      expect((await accounts.me(signedIn(session), {})).user.id).toBe(user.id);
      const { refreshToken } = session;
      expect((await accounts.refresh(anonymous(), { refreshToken })).user.id).toBe(user.id);
      expect((await accounts.logIn(anonymous(), { email: user.email, password: PASSWORD })).tenant.id).toBe(
        tenant.id,
      );
      expect(await service.events(TenantCreated, tenant.id)).toMatchObject([
        { aggregateId: tenant.id, data: { ownerUserId: user.id } },
      ]);
      expect(await service.events(UserSignedUp, tenant.id)).toMatchObject([
        { aggregateId: user.id, data: { email: user.email } },
      ]);
      expect(await service.events(MembershipCreated, tenant.id)).toMatchObject([
        { data: { userId: user.id, role: 'owner' } },
      ]);
      await allSent();
      expect(subjectsTo(user.email)).toEqual([LINK]);
    });

    it('for an address in whatever case it was asked with', async () => {
      const email = newAddress();
      await ask(email.toUpperCase());
      // Mailed to the one spelling under which addresses are kept.
      const { user } = await confirm(await mails.tokenFor(email, LINK));
      expect(user.email).toBe(email);
    });

    it('and knows the network that its owner did it from', async () => {
      const { user } = await links.confirm(
        { ...anonymous(), clientIp: '198.51.100.20' },
        { token: await linkFor(newAddress()), tenantName: 'Acme', password: PASSWORD },
      );
      expect(await countOf('known_networks', 'user_id', user.id)).toBe(1);
    });

    it('and remembers no answer under an Idempotency-Key, since it carries tokens', async () => {
      const ctx = { ...anonymous(), idempotencyKey: 'demo\tPOST /v1/sign-up-links/confirm' };
      const token = await linkFor(newAddress());
      await links.confirm(ctx, { token, tenantName: 'Acme', password: PASSWORD });
      expect(await service.database.query('SELECT FROM identity.idempotency_keys')).toEqual([]);
    });

    it('once, for one of many who come at once', async () => {
      const email = newAddress();
      const token = await linkFor(email);
      const tries = await Promise.allSettled(
        Array.from({ length: 8 }, () => confirm(token, { tenantName: 'At the same time' })),
      );
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const one of tries)
        if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'account.link_invalid' });
      expect(await countOf('users', 'email', email)).toBe(1);
      expect(await countOf('tenants', 'name', 'At the same time')).toBe(1);
    });
  });

  describe('tells nobody who has an account', () => {
    it('answers the same, without a look at who has the address; only the mailbox learns it', async () => {
      const { email } = (await signUp()).user;
      const unknown = newAddress();
      const client = new pg.Client({ connectionString: service.database.adminUrl });
      await client.connect();
      try {
        await client.query('BEGIN; LOCK TABLE identity.users IN ACCESS EXCLUSIVE MODE');
        // Nobody can look for an account now, and nobody needs to: the worker will.
        for (const address of [email, unknown]) expect(await ask(address)).toBeUndefined();
      } finally {
        await client.end();
      }
      await mails.waitFor(email, ATTEMPTED);
      await mails.waitFor(unknown, LINK);
      await allSent();
      expect(subjectsTo(email)).toEqual([LINK, expect.stringContaining(ATTEMPTED)]);
      expect(subjectsTo(unknown)).toEqual([LINK]);
    });

    it('writes nothing for an address that has one, and tells its owner once an hour', async () => {
      const { email } = (await signUp()).user;
      for (let i = 0; i < 2; i++) await ask(email);
      await mails.waitFor(email, ATTEMPTED);
      await allSent();
      expect(subjectsTo(email).filter((subject) => subject.includes(ATTEMPTED))).toHaveLength(1);
      expect(mails.to(email).at(-1)?.text).not.toContain('#token=');
      expect(await countOf('sign_up_links', 'email', email)).toBe(0);
    });

    it('refuses to sign anybody up at once, in the same words for an address that has one', async () => {
      const { email } = (await signUp()).user;
      const before = await hashes();
      const refusals = await Promise.all(
        [email, newAddress()].map((address) =>
          failureOf(accounts.signUp(anonymous(), someone({ email: address, tenantName: 'At once' }))),
        ),
      );
      for (const refusal of refusals)
        expect(refusal).toMatchObject({ code: 'account.sign_up_by_link', kind: 'forbidden' });
      expect(new Set(refusals.map(({ message, details }) => JSON.stringify({ message, details }))).size).toBe(
        1,
      );
      expect(await countOf('tenants', 'name', 'At once')).toBe(0);
      expect(await hashes()).toBe(before);
      await allSent();
      expect(subjectsTo(email)).toEqual([LINK]);
    });

    it('drops what is too much for one address in silence, and refuses what is too much from one network', async () => {
      const email = newAddress();
      for (let i = 0; i < 6; i++) expect(await ask(email)).toBeUndefined();
      await allSent();
      expect(subjectsTo(email)).toEqual([LINK, LINK, LINK]);
      for (let i = 0; i < 20; i++) await ask(newAddress(), '198.51.100.9');
      const refused = failureOf(ask(newAddress(), '198.51.100.77'));
      expect(await refused).toMatchObject({ code: 'account.slow_down', kind: 'rate_limited' });
      await ask(newAddress(), '203.0.113.9');
    });
  });

  describe('works with a link', () => {
    it('that is the newest for its address, within a day', async () => {
      const email = newAddress();
      const first = await linkFor(email);
      await ask(email);
      const second = await eventually(async () => {
        const token = await mails.tokenFor(email, LINK);
        return token !== first && token;
      });
      expect(await countOf('sign_up_links', 'email', email)).toBe(1);
      expect(await failureOf(confirm(first))).toMatchObject({ code: 'account.link_invalid' });
      travel(service, DAY_MS + 1_000);
      expect(await failureOf(confirm(second))).toMatchObject({ code: 'account.link_invalid' });
      travel(service, DAY_MS - 60_000);
      await confirm(second);
      expect(await failureOf(confirm(second))).toMatchObject({ code: 'account.link_invalid' });
    });

    it('of which only the hash is kept, until it has expired and another is asked for', async () => {
      const email = newAddress();
      const token = await linkFor(email);
      const rows = await service.database.query<{ row: string }>(
        'SELECT l::text AS row FROM identity.sign_up_links l WHERE email = $1',
        [email],
      );
      expect(rows).toHaveLength(1);
      expect(rows[0]?.row).not.toContain(token);
      expect(rows[0]?.row).not.toContain(Buffer.from(token).toString('hex'));
      expect(rows[0]?.row).not.toContain(Buffer.from(token, 'base64url').toString('hex'));
      travel(service, DAY_MS + 1_000);
      await linkFor(newAddress());
      expect(await countOf('sign_up_links', 'email', email)).toBe(0);
    });

    it('and spends a hash on that one only', async () => {
      const token = await linkFor(newAddress());
      const before = await hashes();
      expect(await failureOf(confirm(NO_LINK))).toMatchObject({
        code: 'account.link_invalid',
        kind: 'unprocessable',
      });
      expect(await hashes()).toBe(before);
      await confirm(token);
      expect(await hashes()).toBe(before + 1);
    });

    it('that a refused password does not use up', async () => {
      const email = newAddress();
      const token = await linkFor(email);
      for (const [password, reason] of [
        ['password1234', 'common'],
        ['kettle works 1!', 'context'],
        [`${email}!`, 'context'],
      ] as const)
        expect(await failureOf(confirm(token, { tenantName: 'Kettle Works', password }))).toMatchObject({
          code: 'account.password_refused',
          details: { extras: { reason } },
        });
      expect((await confirm(token)).user.email).toBe(email);
    });

    it('unless its address has got an account meanwhile, which its owner may know', async () => {
      const email = newAddress();
      const token = await linkFor(email);
      const person = { sub: 'meanwhile', email, email_verified: true };
      const { details } = await failureOf(logInWith(service, 'real', real, person));
      const ticket = String(details.extras?.['ticket']);
      const { user } = await service.client(oidcApi).signUp(anonymous(), { ticket, tenantName: 'First' });
      const before = await hashes();
      const refused = await failureOf(confirm(token, { tenantName: 'Second' }));
      expect(refused).toMatchObject({ code: 'account.email_taken', kind: 'conflict' });
      expect(await hashes()).toBe(before);
      expect(await countOf('tenants', 'name', 'Second')).toBe(0);
      expect(user).toMatchObject({ email, emailVerified: true });
    });

    it('unless that happens while it is being used', async () => {
      const email = newAddress();
      const token = await linkFor(email);
      const client = new pg.Client({ connectionString: service.database.adminUrl });
      await client.connect();
      try {
        await client.query('BEGIN');
        await client.query('INSERT INTO identity.users (id, email) VALUES ($1, $2)', [newId(), email]);
        const refused = failureOf(confirm(token, { tenantName: 'Too late' }));
        const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
        await eventually(async () => (await service.database.query(waiting)).length > 0);
        await client.query('COMMIT');
        expect(await refused).toMatchObject({ code: 'account.email_taken' });
      } finally {
        await client.end();
      }
      expect(await countOf('tenants', 'name', 'Too late')).toBe(0);
    });
  });

  describe('with a provider', () => {
    const ticketOf = async (person: { sub: string; email: string; email_verified: boolean }) => {
      const { details } = await failureOf(logInWith(service, 'real', real, person));
      return String(details.extras?.['ticket']);
    };
    const signUpWith = (ticket: string) =>
      service.client(oidcApi).signUp(anonymous(), { ticket, tenantName: 'By provider' });

    it('is what an address needs that the provider has not verified, whether or not it has an account', async () => {
      const { email, id } = (await signUp()).user;
      const tickets = [
        await ticketOf({ sub: 'unverified-taken', email, email_verified: false }),
        await ticketOf({ sub: 'unverified-free', email: newAddress(), email_verified: false }),
      ];
      const refusals = await Promise.all(tickets.map((ticket) => failureOf(signUpWith(ticket))));
      for (const refusal of refusals)
        expect(refusal).toMatchObject({ code: 'oidc.email_unverified', kind: 'forbidden' });
      expect(new Set(refusals.map(({ message, details }) => JSON.stringify({ message, details }))).size).toBe(
        1,
      );
      expect(await countOf('tenants', 'name', 'By provider')).toBe(0);
      await allSent();
      expect(subjectsTo(email)).toEqual([LINK]);
      // The ticket still links the account whose password is known.
      const input = { ticket: tickets[0] as string, email, password: PASSWORD };
      expect((await service.client(oidcApi).link(anonymous(), input)).user.id).toBe(id);
    });

    it('says to who proved that an address is theirs that it has an account', async () => {
      const { email } = (await signUp()).user;
      const ticket = await ticketOf({ sub: 'verified-taken', email, email_verified: true });
      expect(await failureOf(signUpWith(ticket))).toMatchObject({ code: 'account.email_taken' });
    });
  });

  it.each([
    ['no address', { email: 'nobody' }, '/email'],
    ['an endless address', { email: `${'x'.repeat(250)}@example.com` }, '/email'],
    ['a password before the link', { email: 'a@example.com', password: PASSWORD }, '/password'],
  ])('asks for no link with %s', async (_, input, pointer) => {
    expect(await failureOf(links.request(anonymous(), input))).toMatchObject({
      code: 'request.invalid',
      details: { errors: [expect.objectContaining({ pointer })] },
    });
  });

  it.each([
    ['a short password', { password: 'elevenchars' }, '/password'],
    ['an endless password', { password: 'x'.repeat(257) }, '/password'],
    ['a blank team', { tenantName: '   ' }, '/tenantName'],
    ['no token', { token: '' }, '/token'],
    ['an endless token', { token: 'x'.repeat(65) }, '/token'],
    ['an address of choice', { email: 'somebody@example.com' }, '/email'],
    ['a role of choice', { role: 'owner' }, '/role'],
    ['a NUL in a name', { firstName: 'a\0' }, '/firstName'],
  ])('refuses %s', async (_, over, pointer) => {
    expect(await failureOf(confirm(NO_LINK, over as Partial<SignUpWithLink>))).toMatchObject({
      code: 'request.invalid',
      details: { errors: [expect.objectContaining({ pointer })] },
    });
  });
});
