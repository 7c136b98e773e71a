import fc from 'fast-check';
import { digestOfApiKey, looksLikeApiKey, newApiKey, prefixOfApiKey } from './api-keys.js';

describe('an API key', () => {
  it('is known by its looks, carries its prefix, and is kept as SHA-256', () => {
    const { text, prefix, hash } = newApiKey();
    expect(text).toMatch(/^lw_live_[0-9a-z]{8}_[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}$/);
    expect(looksLikeApiKey(text)).toBe(true);
    expect(prefixOfApiKey(text)).toBe(prefix);
    expect(hash.toString('base64url')).toBe(digestOfApiKey(text));
    expect(hash).toHaveLength(32);
  });

  it('is a new one each time', () => {
    expect(new Set(Array.from({ length: 200 }, () => newApiKey().text)).size).toBe(200);
  });

  it('with any one character changed is none', () => {
    const { text } = newApiKey();
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom(...'aZ09_-.'), (at, character) => {
        const changed = text.slice(0, at) + character + text.slice(at + 1);
        return changed === text || prefixOfApiKey(changed) === undefined;
      }),
    );
  });

  it.each(['', 'lw_live_', 'lw_test_abcdefgh_', 'eyJhbGciOiJFZERTQSJ9.e30.x', `lw_live_${'a'.repeat(5000)}`])(
    'is not %#',
    (text) => expect(prefixOfApiKey(text)).toBeUndefined(),
  );

  it('does not fail on any text', () => {
    fc.assert(fc.property(fc.string({ maxLength: 100 }), (text) => prefixOfApiKey(text) === undefined));
  });
});
