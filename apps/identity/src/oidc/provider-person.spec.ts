import { personOf, type Claims } from './provider-person.js';

const claims = (over: Record<string, unknown> = {}): Claims => ({
  iss: 'https://id.example.com',
  sub: 'abc',
  email: 'eva@example.com',
  email_verified: true,
  ...over,
});
const MICROSOFT = 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0';

describe('whom a provider vouches for', () => {
  it('is known by issuer and subject', () => {
    expect(personOf(claims({ given_name: 'Eva', family_name: 'Ext' }))).toEqual({
      issuer: 'https://id.example.com',
      subject: 'abc',
      email: 'eva@example.com',
      emailVerified: true,
      firstName: 'Eva',
      lastName: 'Ext',
      objectId: null,
      directoryId: null,
    });
  });

  it.each<[string, Record<string, unknown>]>([
    ['empty', { sub: '' }],
    ['longer than 255 characters', { sub: 's'.repeat(256) }],
    ['not ASCII', { sub: 'jürgen' }],
    ['more than one line', { sub: 'a\nb' }],
  ])('is nobody when the subject is %s', (_, over) => expect(personOf(claims(over))).toBeUndefined());

  it.each<[unknown, boolean]>([
    [true, true],
    ['true', false],
    [1, false],
    [undefined, false],
    [false, false],
  ])('has an address that email_verified = %j makes verified: %j', (email_verified, expected) => {
    expect(personOf(claims({ email_verified }))?.emailVerified).toBe(expected);
  });

  it.each<[unknown, boolean]>([
    [undefined, false],
    [false, false],
    ['0', false],
    [true, true],
    [1, true],
    ['1', true],
  ])('of Microsoft has a verified address only by xms_edov, here %j: %j', (xms_edov, expected) => {
    expect(personOf(claims({ iss: MICROSOFT, xms_edov }))?.emailVerified).toBe(expected);
  });

  it('of Microsoft is known by their directory too', () => {
    expect(personOf(claims({ iss: MICROSOFT, oid: 'object', tid: 'directory' }))).toMatchObject({
      issuer: MICROSOFT,
      objectId: 'object',
      directoryId: 'directory',
    });
  });

  it.each<[unknown]>([
    ['not an address'],
    ['a@b'],
    ['a,b@c.test'],
    ['<a@c.test>'],
    ['a@b.c\nBcc: d@e.f'],
    [7],
    [''],
    [`${'a'.repeat(250)}@b.co`],
  ])('has no address when it says %j', (email) =>
    expect(personOf(claims({ email }))).toMatchObject({ email: null, emailVerified: false }),
  );

  it('keeps long names short and odd ones out', () => {
    const person = personOf(claims({ given_name: 'n'.repeat(300), family_name: 'a\0b' }));
    expect(person).toMatchObject({ firstName: 'n'.repeat(100), lastName: null });
  });
});
