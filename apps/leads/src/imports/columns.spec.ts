import { mappingOf, planColumns } from './columns.js';

const plan = (header: string[], mapping?: Record<string, string>) => {
  const columns = planColumns(header, mapping);
  return typeof columns === 'string' ? columns : mappingOf(header, columns);
};

describe('the columns of a lead file', () => {
  it.each([
    ['Email Address', 'email'],
    ['E-Mail', 'email'],
    ['work_email', 'email'],
    ['Vorname', 'firstName'],
    ['Given Name', 'firstName'],
    ['Prénom', 'firstName'],
    ['LAST NAME', 'lastName'],
    ['Nachname', 'lastName'],
    ['Name', 'fullName'],
    ['Telefon', 'phone'],
    ['Mobile Phone', 'phone'],
    ['Organisation', 'companyName'],
    ['Company', 'companyName'],
    ['Job Title', 'title'],
    ['LinkedIn URL', 'linkedinUrl'],
    ['City', 'customFields.City'],
  ])('named %s mean %s', (name, target) => {
    const key = target === 'email' ? 'Phone' : 'Email';
    expect(plan([name, key])).toMatchObject({ [name]: target });
  });

  it('go where the mapping says, the rest is guessed', () => {
    expect(
      plan(['Mail', 'Town', 'X', 'Phone'], { Town: 'customFields.city', X: 'ignore', Phone: 'notes' }),
    ).toEqual({
      Mail: 'email',
      Town: 'customFields.city',
      X: 'ignore',
      Phone: 'notes',
    });
  });

  it('of one meaning fill the field once and are kept beside it', () => {
    expect(plan(['Email', 'E-Mail'])).toEqual({ Email: 'email', 'E-Mail': 'customFields.E-Mail' });
  });

  it.each([
    ['no_header', [['', ' ']]],
    ['no_header', [['Anna', 'anna@example.com']]],
    ['no_header', [['Anna', '+49 151 1234567']]],
    ['no_key_column', [['First name', 'City']]],
    ['unknown_column', [['Email'], { Mail: 'email' }]],
    ['unknown_field', [['Email'], { Email: 'mail' }]],
    ['unknown_field', [['Email', 'X'], { X: 'customFields.__proto__' }]],
    ['twice', [['A', 'B'], { A: 'email', B: 'email' }]],
  ] as [string, [string[], Record<string, string>?]][])(
    'are refused with %s: %j',
    (fault, [header, mapping]) => {
      expect(plan(header, mapping)).toBe(fault);
    },
  );

  it('cannot be called as what every object has', () => {
    expect(plan(['Email', '__proto__', 'constructor'])).toEqual({ Email: 'email' });
  });

  it('that nobody knows are at most 50', () => {
    const names = Array.from({ length: 60 }, (_, i) => `Own ${i}`);
    const kept = Object.values(plan(['Email', ...names])).filter((target) =>
      target.startsWith('customFields.'),
    );
    expect(kept).toHaveLength(50);
  });
});
