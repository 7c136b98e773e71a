import { isEmail } from 'class-validator';
import fc from 'fast-check';
import { planColumns, type Column } from './columns.js';
import { isEmailAddress } from './email-address.js';
import { RowReader } from './row-reader.js';

const words = {
  stages: new Map([
    ['new', 'new'],
    ['in talks', 'talks'],
  ]),
  statuses: new Map([['open', 'open']]),
};
const readerOf = (header: string[]) => new RowReader(planColumns(header) as Column[], header, words);
const read = (row: Record<string, string>) => readerOf(Object.keys(row)).read(Object.values(row));

describe('a row of a lead file', () => {
  it('becomes a lead with its keys', () => {
    const row = read({
      Name: 'Anna Maria Miller',
      Email: 'Anna@X.com',
      Phone: '+49 (0)30 1234567',
      LinkedIn: 'linkedin.com/in/Anna/?x=1',
      City: 'Köln',
    });
    expect(row).toMatchObject({
      firstName: 'Anna Maria',
      lastName: 'Miller',
      email: 'Anna@X.com',
      emailKey: 'anna@x.com',
      phone: '+49301234567',
      phoneKey: '+49301234567',
      linkedinUrl: 'https://www.linkedin.com/in/Anna',
      linkedinKey: 'https://www.linkedin.com/in/anna',
      customFields: '{"City":"Köln"}',
    });
  });

  it('may name stage and status by key or label', () => {
    expect(read({ Email: 'a@x.com', Stage: 'In Talks', Status: 'OPEN' })).toMatchObject({
      stage: 'talks',
      status: 'open',
    });
  });

  it.each([
    [{ Email: 'anna(at)x.com' }, 'Email: is not an e-mail address'],
    [{ Phone: 'call me' }, 'Phone: is not a phone number'],
    [{ LinkedIn: 'https://example.com/in/a' }, 'LinkedIn: is not a LinkedIn address'],
    [{ Email: 'a@x.com', 'First name': 'x'.repeat(101) }, 'First name: is longer than 100 characters'],
    [{ Email: 'a@x.com', City: 'x'.repeat(2001) }, 'City: is longer than 2000 characters'],
    [{ Email: 'a@x.com', City: 'a\0b' }, 'City: has characters that cannot be read'],
    [{ Email: 'a@x.com', City: 'K\uFFFDln' }, 'City: has characters that cannot be read'],
    [{ Email: 'a@x.com', City: 'K\ud83dln' }, 'City: has characters that cannot be read'],
    [{ Email: 'a@x.com', Stage: 'lost' }, 'Stage: is not one of your stages'],
    [{ Email: 'a@x.com', Priority: '6' }, 'Priority: is not a number from 0 to 5'],
    [{ Email: 'a@x.com', Value: '12' }, 'has an estimated value without a currency'],
    [{ Email: '', 'First name': 'Anna' }, 'has neither e-mail, phone nor LinkedIn address'],
  ] as [Record<string, string>, string][])('is rejected: %j', (row, reason) => {
    expect(read(row)).toBe(reason);
  });

  it('must have as many fields as the header, but empty ones may follow', () => {
    const reader = readerOf(['Email', 'City']);
    expect(reader.read(['a@x.com'])).toBe('has 1 columns instead of 2');
    expect(reader.read(['a@x.com', 'Rome', 'x'])).toBe('has more than 2 columns');
    expect(reader.read(['a@x.com', 'Rome', ' ', ''])).toMatchObject({ emailKey: 'a@x.com' });
  });

  it('of empty fields is no row', () => {
    expect(readerOf(['Email', 'City']).read(['', ' '])).toBeUndefined();
  });

  it('has too much in own fields when they would not fit into a lead', () => {
    const names = Array.from({ length: 20 }, (_, i) => `Own ${i}`);
    expect(readerOf(['Email', ...names]).read(['a@x.com', ...names.map(() => 'x'.repeat(1900))])).toBe(
      'has too much in your own fields',
    );
  });
});

describe('the quick e-mail rule', () => {
  it('refuses what is no Unicode instead of failing on it', () => {
    expect(isEmailAddress('\ud800@example.test')).toBe(false);
  });

  it('accepts exactly what the contracts accept', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'B', '1', '.', '-', '_', '+', '@', 'é', '"', ' ', 'com'),
      maxLength: 24,
    });
    const built = fc.tuple(text, text).map(([local, domain]) => `${local}@${domain}.com`);
    fc.assert(
      fc.property(
        fc.oneof(text, built, fc.emailAddress()),
        (email) => isEmailAddress(email) === (email.length <= 254 && isEmail(email)),
      ),
      {
        numRuns: 2_000,
      },
    );
  });
});
