import { withoutLinks } from './harmless-text.js';

describe('what a stranger wrote', () => {
  it.each([
    ['Win at https://evil.example/a?b=c now', 'Win at [link removed] now'],
    ['see HTTP://EVIL.example', 'see [link removed]'],
    ['www.evil.example', '[link removed]'],
    ['javascript:alert(1)', '[link removed]'],
    ['mailto:a@b.example', '[link removed]'],
    ['evil.example', 'evil.\u2060example'],
    ['write to a@b.example', 'write to a@b.\u2060example'],
    ['Version 2.5 costs 1.000,50. Fine.', 'Version 2.5 costs 1.000,50. Fine.'],
    ['two\nlines', 'two\nlines'],
    ['e\u200bvil.exa\u00admple', 'evil.\u2060example'],
    ['\u202eturned', 'turned'],
  ])('%j reads %j', (text, harmless) => expect(withoutLinks(text)).toBe(harmless));
});
