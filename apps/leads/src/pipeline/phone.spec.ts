import { normalisePhone } from './phone.js';

describe('a phone number', () => {
  it.each([
    ['+49 30 1234567', '+49301234567'],
    ['+49 (0)30 / 123 45-67', '+49301234567'],
    ['0049 30 1234567', '+49301234567'],
    ['+49 030 1234567', '+49301234567'],
    ['+1 (212) 555-0123', '+12125550123'],
    ['+1 212 555 0123 ext. 7', '+12125550123 ext. 7'],
    ['(212)  555-0123', '(212) 555-0123'],
  ])('%s is kept as %s', (written, kept) => {
    expect(normalisePhone(written)).toBe(kept);
  });

  it.each(['call me', '+49', '+999 12345678', '12', '+1 212 555 0123 456 789', 'jane@example.com', ''])(
    'is not %s',
    (text) => {
      expect(normalisePhone(text)).toBeUndefined();
    },
  );
});
