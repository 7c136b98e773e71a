import { decodeForm } from './form.js';

const decode = (query: string) => decodeForm(new URLSearchParams(query));
const asJson = (query: string) => JSON.parse(JSON.stringify(decode(query))) as unknown;

describe('the form encoding of Stripe', () => {
  it('nests brackets and makes lists of numbered and empty ones', () => {
    expect(
      asJson('line_items[0][price_data][currency]=usd&line_items[0][quantity]=1&expand[]=a&expand[]=b&x=1'),
    ).toEqual({
      line_items: [{ price_data: { currency: 'usd' }, quantity: '1' }],
      expand: ['a', 'b'],
      x: '1',
    });
  });

  it('keeps an empty value, which clears what was there', () => {
    expect(asJson('metadata[order]=&description=')).toEqual({ metadata: { order: '' }, description: '' });
  });

  it('keeps names that are not well-formed as they are', () => {
    expect(asJson('a[=1&]b=2')).toEqual({ 'a[': '1', ']b': '2' });
  });

  it('takes __proto__ for a name like any other', () => {
    expect(Object.keys(decode('__proto__[polluted]=1'))).toEqual(['__proto__']);
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
  });
});
