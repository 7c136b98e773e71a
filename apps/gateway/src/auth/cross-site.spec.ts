import { refuseCrossSite } from './cross-site.js';

const allowed = new Set(['https://app.example.com']);
const ours = { 'x-leadwire-csrf': '1' };
const judge = (headers: Record<string, string>, method = 'POST') => {
  try {
    refuseCrossSite({ method, headers, host: 'api.example.com' }, allowed);
    return 'passes';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('a request with cookies', () => {
  it.each<[string, Record<string, string>]>([
    [
      'from a page of our own',
      { ...ours, 'sec-fetch-site': 'same-origin', origin: 'https://api.example.com' },
    ],
    ['that a person typed', { ...ours, 'sec-fetch-site': 'none' }],
    ['from a listed origin', { ...ours, 'sec-fetch-site': 'same-site', origin: 'https://app.example.com' }],
    ['from an old browser on our own page', { ...ours, origin: 'https://api.example.com' }],
    ['from a program', ours],
  ])('%s passes', (_, headers) => expect(judge(headers)).toBe('passes'));

  it.each<[string, Record<string, string>]>([
    ['from our own page without the header', { 'sec-fetch-site': 'same-origin' }],
    ['from a listed origin without the header', { origin: 'https://app.example.com' }],
    ['from a program without the header', {}],
    ['from another site', { ...ours, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['from a sister site', { ...ours, 'sec-fetch-site': 'same-site', origin: 'https://blog.example.com' }],
    ['from another site without fetch metadata', { ...ours, origin: 'https://evil.example' }],
    ['from a sandboxed frame', { ...ours, origin: 'null' }],
    ['from another port of our host', { ...ours, origin: 'https://api.example.com:8443' }],
    ['from a lookalike of a listed origin', { ...ours, origin: 'https://app.example.com.evil.example' }],
    ['from a listed host over plain http', { ...ours, origin: 'http://app.example.com' }],
  ])('%s is refused', (_, headers) => expect(judge(headers)).toBe('request.cross_site'));

  it.each(['GET', 'HEAD', 'OPTIONS'])('that only reads (%s) passes', (method) =>
    expect(judge({ 'sec-fetch-site': 'cross-site' }, method)).toBe('passes'),
  );
});
