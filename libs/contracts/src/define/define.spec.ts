import fc from 'fast-check';
import {
  defineApi,
  defineEvent,
  EachOf,
  Email,
  Int,
  JsonObject,
  ListOf,
  Nested,
  Networks,
  parseInput,
  schemaOf,
  Text,
  TextList,
  Timestamp,
  Uuid,
  WebUrl,
} from '../index.js';

class Address {
  @Text({ max: 20 })
  city!: string;
}
class Order {
  @Uuid()
  id!: string;

  @Nested(() => Address)
  address!: Address;

  @ListOf(() => Address, { items: 2, optional: true })
  stops?: Address[];

  @Int({ min: 1, nullable: true })
  count!: number | null;

  @JsonObject({ optional: true, maxBytes: 100 })
  extra?: Record<string, unknown>;

  @Timestamp({ optional: true })
  at?: string;

  @Email({ optional: true })
  email?: string;

  @WebUrl({ optional: true })
  website?: string;

  @TextList({ max: 9, items: 2, optional: true })
  tags?: string[];
}
const good = { id: '018f4e1a-7c3b-7000-8000-000000000000', address: { city: 'Bonn' }, count: 1 };

function faultsOf(input: unknown): string[] {
  try {
    parseInput(Order, input);
    return [];
  } catch (error) {
    return (error as { details: { errors: { pointer: string }[] } }).details.errors.map(
      ({ pointer }) => pointer,
    );
  }
}

describe('an input', () => {
  it('becomes an instance of its class, nested ones too', () => {
    const order = parseInput(Order, { ...good, stops: [{ city: 'Köln' }] });
    expect(order).toBeInstanceOf(Order);
    expect(order.address).toBeInstanceOf(Address);
    expect(order.stops?.[0]).toBeInstanceOf(Address);
  });

  it.each([
    [{ ...good, id: 'x' }, ['/id']],
    [{ ...good, address: 'Bonn' }, ['/address']],
    [{ ...good, address: { city: 'Bonn', zip: 1 } }, ['/address/zip']],
    [{ ...good, stops: [{ city: 'a' }, { city: 5 }] }, ['/stops/1/city']],
    [{ ...good, stops: [{ city: 'a' }, { city: 'b' }, { city: 'c' }] }, ['/stops']],
    [{ ...good, stops: { length: 1 } }, ['/stops']],
    [{ ...good, count: undefined }, ['/count']],
    [{ ...good, count: '1' }, ['/count']],
    [{ ...good, extra: [] }, ['/extra']],
    [{ ...good, extra: { big: 'x'.repeat(200) } }, ['/extra']],
    [{ ...good, extra: { text: 'a\0' } }, ['/extra']],
    [{ ...good, extra: { list: ['\ud800'] } }, ['/extra']],
    [{ ...good, extra: { '\udfff': 1 } }, ['/extra']],
    [{ ...good, extra: { text: '\\\\u0000 \\ud800 👋' } }, []],
    [{ ...good, at: '2026-01-01' }, ['/at']],
    [{ ...good, at: 'yesterday' }, ['/at']],
    [{ ...good, email: 'nobody' }, ['/email']],
    [{ ...good, email: '\ud800@example.test' }, ['/email']],
    [{ ...good, email: 7 }, ['/email']],
    [{ ...good, website: 'ftp://example.test' }, ['/website']],
    [{ ...good, website: 'https://example.test/\udfff' }, ['/website']],
    [{ ...good, tags: ['a\0'] }, ['/tags']],
    [{ ...good, tags: ['\ud800'] }, ['/tags']],
    [[], ['']],
    ['text', ['']],
    [{ ...good, 'a/b~c': 1 }, ['/a~1b~0c']],
  ])('is refused where it is wrong: %j → %j', (input, pointers) => {
    expect(faultsOf(input)).toEqual(pointers);
  });

  it('accepts null only where it is declared', () => {
    expect(faultsOf({ ...good, count: null })).toEqual([]);
    expect(faultsOf({ ...good, stops: null })).toEqual(['/stops']);
  });

  it('cannot reach the prototype of anything', () => {
    const input: unknown = JSON.parse(
      `{"__proto__": {"admin": true}, "constructor": {"prototype": {"admin": true}}, "id": "${good.id}"}`,
    );
    expect(faultsOf(input)).toEqual(expect.arrayContaining(['/__proto__', '/constructor']));
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('is answered with faults or accepted, and never breaks the parser', () => {
    fc.assert(fc.property(fc.json(), (text) => void faultsOf(JSON.parse(text))));
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...Object.keys(good), 'stops', 'extra'), fc.jsonValue()),
        (v) => void faultsOf(v),
      ),
    );
  });

  it('of a newer writer is read by leaving out what is unknown', () => {
    expect(parseInput(Order, { ...good, colour: 'red' }, { tolerant: true })).not.toHaveProperty('colour');
  });
});

class Gate {
  @EachOf(['read', 'write'], { min: 1 })
  scopes!: string[];

  @Networks({ items: 2 })
  from!: string[];
}
const refusesGate = (over: object): boolean => {
  try {
    parseInput(Gate, { scopes: ['read'], from: [], ...over });
    return false;
  } catch {
    return true;
  }
};

describe('a set of known words', () => {
  it.each([[['read']], [['write', 'read']]])('takes %j', (scopes) => {
    expect(refusesGate({ scopes })).toBe(false);
  });
  it.each([[[]], [['read', 'read']], [['admin']], [[1]], ['read'], [null]])('refuses %j', (scopes) => {
    expect(refusesGate({ scopes })).toBe(true);
  });
});

describe('a list of networks', () => {
  it.each(['10.0.0.0/8', '203.0.113.9', '0.0.0.0/0', '2001:db8::/48', '::1', '::/0'])(
    'takes %s',
    (network) => {
      expect(refusesGate({ from: [network] })).toBe(false);
    },
  );
  it.each([
    '',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0/8',
    '010.0.0.1',
    '2001:db8::/129',
    'fe80::1%eth0',
    '::ffff:10.0.0.1',
    'example.com',
    7,
    null,
  ])('refuses %j', (network) => {
    expect(refusesGate({ from: [network] })).toBe(true);
  });
  it('refuses more than its bound, and what is no list', () => {
    expect(refusesGate({ from: ['::1', '::2', '::3'] })).toBe(true);
    expect(refusesGate({ from: '10.0.0.0/8' })).toBe(true);
  });
});

describe('declarations', () => {
  it('describe themselves as JSON Schema', () => {
    const components = new Map();
    expect(schemaOf(Order, components)).toMatchObject({
      required: ['id', 'address', 'count'],
      properties: {
        address: { $ref: '#/components/schemas/Address' },
        count: { type: ['integer', 'null'], minimum: 1 },
      },
    });
    expect(components.get('Address')).toMatchObject({ properties: { city: { maxLength: 20 } } });
  });

  it('refuse a second API or event of the same name and an event that is not named as one', () => {
    defineApi<object>('spec.things', {} as never);
    expect(() => defineApi<object>('spec.things', {} as never)).toThrow(/twice/);
    defineEvent('spec.thing.happened', Address, '');
    expect(() => defineEvent('spec.thing.happened', Address, '')).toThrow(/twice/);
    expect(() => defineEvent('ThingHappened', Address, '')).toThrow(/is called/);
  });
});
