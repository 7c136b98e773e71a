import { originsOf } from './cors.js';

describe('the list of origins', () => {
  it('is read exactly, and empty when there is none', () => {
    expect([...originsOf('https://app.example.com, http://localhost:5173')]).toEqual([
      'https://app.example.com',
      'http://localhost:5173',
    ]);
    expect(originsOf('').size).toBe(0);
  });

  it.each([
    '*',
    'https://app.example.com/',
    'app.example.com',
    'https://*.example.com',
    'null',
    'ftp://app.example.com',
  ])('does not take %s, and the gateway does not start', (origin) =>
    expect(() => originsOf(origin)).toThrow('CORS_ORIGINS'),
  );
});
