import { normaliseLinkedinUrl } from './linkedin-url.js';

describe('a LinkedIn address', () => {
  it.each([
    'https://www.linkedin.com/in/Jane-Doe',
    'http://linkedin.com/in/Jane-Doe/',
    'de.linkedin.com/in/Jane-Doe?trk=people',
    ' https://www.linkedin.com/in/Jane-Doe/#top ',
  ])('%s is kept in one spelling', (text) => {
    expect(normaliseLinkedinUrl(text)).toBe('https://www.linkedin.com/in/Jane-Doe');
  });

  it.each([
    'https://linkedin.com.example.org/in/jane',
    'https://example.org/in/jane',
    'linkedin.com/',
    'jane',
    'javascript://linkedin.com/in/x y',
  ])('is not %s', (text) => {
    expect(normaliseLinkedinUrl(text)).toBeUndefined();
  });
});
