import { Readable } from 'node:stream';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  accountsApi,
  avatarFolder,
  profileApi,
  type ProfileApi,
  type SessionTokens,
} from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { FileObjectStorage } from '@leadwire/platform';
import { caller, eventually, SmsSink, type TestService } from '@leadwire/testing';
import {
  anonymous,
  PASSWORD,
  signedIn,
  signUp,
  standStill,
  startIdentity,
  travel,
} from './identity-client.js';
import { jpeg, png, webp } from './pictures.js';

const PHONE = '+4915112345678';

describe('a profile', () => {
  let service: TestService;
  let texts: SmsSink;
  let profile: ProfileApi;
  let storage: FileObjectStorage;
  let session: SessionTokens;

  beforeAll(async () => {
    texts = await SmsSink.start();
    const objects = mkdtempSync(join(tmpdir(), 'leadwire-pictures-'));
    service = await startIdentity({ ...texts.env, OBJECT_STORAGE_DIR: objects });
    profile = service.client(profileApi);
    storage = new FileObjectStorage(objects);
  });
  afterAll(async () => {
    await service.stop();
    await texts.stop();
  });
  beforeEach(async () => {
    session = await signUp(service);
  });
  afterEach(() => travel(service, 0));

  const me = async (of = session) => (await service.client(accountsApi).me(signedIn(of), {})).user;
  const update = (input: object, of = session) => profile.update(signedIn(of), input);

  describe('is changed', () => {
    it('field by field; what is absent stays, null empties', async () => {
      await update({ firstName: '  Dana ', lastName: 'Miller', metadata: { timeZone: 'Europe/Berlin' } });
      expect(await update({ lastName: null })).toMatchObject({
        firstName: 'Dana',
        lastName: null,
        metadata: { timeZone: 'Europe/Berlin' },
      });
      expect(await me()).toMatchObject({
        firstName: 'Dana',
        lastName: null,
        phone: null,
        phoneVerified: false,
      });
    });

    it.each([
      ['a name of spaces', { firstName: '  ' }, '/firstName'],
      ['a name that is too long', { lastName: 'x'.repeat(101) }, '/lastName'],
      ['a name of another type', { firstName: 7 }, '/firstName'],
      ['a phone number without its country', { phone: '0151 12345678' }, '/phone'],
      ['a phone number that is none', { phone: '+49 call me' }, '/phone'],
      ['more settings than fit', { metadata: { x: 'x'.repeat(17_000) } }, '/metadata'],
      ['an address, which has a way of its own', { email: 'other@example.com' }, '/email'],
      ['a confirmation of their own making', { phoneVerified: true }, '/phoneVerified'],
    ])('not with %s', async (_, input, pointer) => {
      const before = await me();
      await expect(update(input)).rejects.toMatchObject({
        code: 'request.invalid',
        details: { errors: [expect.objectContaining({ pointer })] },
      });
      expect(await me()).toEqual(before);
    });

    it('to log in to another team first, if it is one of theirs', async () => {
      const other = await signUp(service);
      for (const tenantId of [other.tenant.id, newId()])
        await expect(update({ primaryTenantId: tenantId })).rejects.toMatchObject({
          code: 'request.invalid',
        });
      await service.database.query(
        'INSERT INTO identity.memberships (id, tenant_id, user_id, role) VALUES ($1, $2, $3, $4)',
        [newId(), other.tenant.id, session.user.id, 'viewer'],
      );
      expect((await update({ primaryTenantId: other.tenant.id })).primaryTenantId).toBe(other.tenant.id);
      const { tenant } = await service
        .client(accountsApi)
        .logIn(anonymous(), { email: session.user.email, password: PASSWORD });
      expect(tenant.id).toBe(other.tenant.id);
    });

    it('of nobody else, and by no API key', async () => {
      await expect(profile.update(caller('owner'), { firstName: 'Eve' })).rejects.toMatchObject({
        code: 'account.not_a_member',
      });
      const key = { ...signedIn(session), actor: 'api-key' as const };
      await expect(profile.update(key, { firstName: 'Eve' })).rejects.toMatchObject({
        code: 'request.forbidden',
      });
    });
  });

  describe('has a phone number', () => {
    let numbers = 0;
    const newNumber = () => `+491511${String(2_000_000 + ++numbers)}`;
    const sendCode = () => profile.sendPhoneCode(signedIn(session), {});
    const confirm = (code: string) => profile.confirmPhone(signedIn(session), { code });
    const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

    it('in one spelling, confirmed by the code that is texted to it', async () => {
      expect((await update({ phone: ' +49 1511 2345678' })).phone).toBe(PHONE);
      await sendCode();
      const code = await texts.codeFor(PHONE);
      await confirm(code);
      expect(await me()).toMatchObject({ phone: PHONE, phoneVerified: true });
      await expect(sendCode()).rejects.toMatchObject({ code: 'account.phone_verified_already' });
      await update({ phone: PHONE, firstName: 'Dana' });
      expect((await me()).phoneVerified).toBe(true);
    });

    it('and another one has to be confirmed again; the code of the old one is worth nothing', async () => {
      const [first, second] = [newNumber(), newNumber()];
      await update({ phone: first });
      await sendCode();
      const code = await texts.codeFor(first);
      await update({ phone: second });
      await expect(confirm(code)).rejects.toMatchObject({ code: 'account.code_used_up' });
      expect((await me()).phoneVerified).toBe(false);
    });

    it('that wrong codes do not confirm, five of which end the code', async () => {
      const number = newNumber();
      await update({ phone: number });
      await sendCode();
      const code = await texts.codeFor(number);
      for (const triesLeft of [4, 3, 2, 1, 0])
        await expect(confirm(wrong(code))).rejects.toMatchObject({
          code: 'account.code_wrong',
          details: { extras: { triesLeft } },
        });
      await expect(confirm(code)).rejects.toMatchObject({ code: 'account.code_used_up' });
    });

    it('whose code works for ten minutes', async () => {
      const number = newNumber();
      await update({ phone: number });
      await sendCode();
      const code = await texts.codeFor(number);
      travel(service, 601_000);
      await expect(confirm(code)).rejects.toMatchObject({ code: 'account.code_used_up' });
    });

    it('that is texted once a minute, then ever more slowly', async () => {
      const number = newNumber();
      await update({ phone: number });
      standStill(service);
      await sendCode();
      await expect(sendCode()).rejects.toMatchObject({ details: { retryAfterSeconds: 60 } });
      standStill(service, 61_000);
      await sendCode();
      await expect(sendCode()).rejects.toMatchObject({ details: { retryAfterSeconds: 120 } });
    });

    it('that nobody can be texted without', async () => {
      await expect(sendCode()).rejects.toMatchObject({ code: 'account.phone_missing' });
    });
  });

  describe('has a picture', () => {
    const upload = async (content: Buffer, of = session) => {
      const objectKey = `${avatarFolder(of.user.id)}${newId()}`;
      await storage.put(objectKey, Readable.from([content]));
      return objectKey;
    };
    const setAvatar = async (content: Buffer) =>
      profile.setAvatar(signedIn(session), { objectKey: await upload(content) });
    const avatarOf = (userId: string, as = session) => profile.avatar(signedIn(as), { userId });

    it.each([
      ['image/png', png(32, 32)],
      ['image/jpeg', jpeg(4096, 4096)],
      ['image/webp', webp('VP8X', 64, 64)],
    ])('of type %s, known by its content, that members of the team can read', async (contentType, file) => {
      const { avatarUrl } = await setAvatar(file);
      expect(avatarUrl).toMatch(new RegExp(`^/v1/users/${session.user.id}/avatar\\?v=`));
      expect(await avatarOf(session.user.id)).toEqual({ objectKey: expect.any(String), contentType });
    });

    it.each([
      ['larger than 4096 pixels', png(4097, 1)],
      ['a bomb that claims to unfold to gigabytes', png(4_000_000_000, 4_000_000_000)],
      ['a page', Buffer.from('<html><script>alert(1)</script></html>')],
      ['a drawing with scripts', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>')],
      [
        'a GIF',
        Buffer.from(
          '47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b',
          'hex',
        ),
      ],
      ['cut off in its head', png(1, 1).subarray(0, 20)],
      ['empty', Buffer.alloc(0)],
    ])('not %s', async (_, file) => {
      await expect(setAvatar(file)).rejects.toMatchObject({ code: 'account.avatar_refused' });
      expect((await me()).avatarUrl).toBeNull();
    });

    it('of at most 2 MiB', async () => {
      const large = Buffer.concat([png(1, 1), Buffer.alloc(2 * 1024 * 1024)]);
      await expect(setAvatar(large)).rejects.toMatchObject({ code: 'account.avatar_too_large' });
    });

    it('that nobody outside the team can read', async () => {
      await setAvatar(png(1, 1));
      const stranger = await signUp(service);
      await expect(avatarOf(session.user.id, stranger)).rejects.toMatchObject({
        code: 'account.avatar_not_found',
        kind: 'not_found',
      });
    });

    it('never from an upload of somebody else, nor from elsewhere in the storage', async () => {
      const other = await signUp(service);
      const theirs = await upload(png(1, 1), other);
      const sideways = `${avatarFolder(session.user.id)}../../${other.user.id}/avatars/x`;
      for (const objectKey of [theirs, sideways, `${avatarFolder(session.user.id)}${newId()}`])
        await expect(profile.setAvatar(signedIn(session), { objectKey })).rejects.toMatchObject({
          code: 'account.avatar_not_found',
        });
    });

    it('whose file is removed once another takes its place, or it is removed', async () => {
      await setAvatar(png(1, 1));
      const first = (await avatarOf(session.user.id)).objectKey;
      await setAvatar(png(2, 2));
      const second = (await avatarOf(session.user.id)).objectKey;
      const isGone = (key: string) =>
        storage.get(key).then(
          (file) => (file.destroy(), false),
          () => true,
        );
      await eventually(() => isGone(first));
      await profile.removeAvatar(signedIn(session), {});
      await eventually(() => isGone(second));
      expect((await me()).avatarUrl).toBeNull();
      await expect(avatarOf(session.user.id)).rejects.toMatchObject({ code: 'account.avatar_not_found' });
      await profile.removeAvatar(signedIn(session), {});
    });
  });
});
