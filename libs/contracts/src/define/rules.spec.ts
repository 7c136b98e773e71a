import { validateSync } from 'class-validator';
import fc from 'fast-check';
import {
  Bool,
  DecimalText,
  EachOf,
  Email,
  Int,
  JsonObject,
  ListOf,
  Nested,
  OneOf,
  Text,
  TextList,
  Timestamp,
  Uuid,
  UuidList,
} from '../index.js';
import { breaksNoRule } from './rules.js';

class Part {
  @Text({ max: 5, min: 1 })
  name!: string;
}
class Whole {
  @Uuid()
  id!: string;

  @Email({ optional: true, nullable: true })
  email?: string | null;

  @Int({ min: 0, max: 9, nullable: true })
  count!: number | null;

  @Bool({ optional: true })
  flag?: boolean;

  @OneOf(['a', 'b'], { optional: true })
  word?: string;

  @Timestamp({ optional: true })
  at?: string;

  @DecimalText({ optional: true })
  price?: string;

  @JsonObject({ optional: true, maxBytes: 20 })
  extra?: Record<string, unknown>;

  @TextList({ max: 3, items: 2, optional: true })
  tags?: string[];

  @EachOf(['x', 'y'], { optional: true })
  sides?: string[];

  @UuidList({ items: 2, optional: true })
  ids?: string[];

  @Nested(() => Part, { optional: true })
  part?: Part;

  @ListOf(() => Part, { items: 2, optional: true })
  parts?: Part[];
}
class More extends Whole {
  @Text({ max: 3 })
  own!: string;
}

const UUID = '018f4e1a-7c3b-7000-8000-000000000000';
const part = fc
  .record({ name: fc.oneof(fc.string({ minLength: 1, maxLength: 5 }), fc.constant('too long')) })
  .map((fields) => Object.assign(new Part(), fields));
const odd = fc.constantFrom<unknown>(
  undefined,
  null,
  '',
  'a',
  0,
  1.5,
  -1,
  true,
  [],
  {},
  [null],
  [[]],
  '\0',
  '\ud800',
  UUID,
);
const or = (...good: fc.Arbitrary<unknown>[]) =>
  fc.oneof({ weight: 40, arbitrary: fc.oneof(...good) }, { weight: 1, arbitrary: odd });
const whole = fc.record(
  {
    id: or(fc.constant(UUID)),
    email: or(fc.constantFrom('ada@example.test', null)),
    count: or(fc.integer({ min: 0, max: 9 }), fc.constant(null)),
    flag: or(fc.boolean()),
    word: or(fc.constantFrom('a', 'b')),
    at: or(fc.constantFrom('2026-11-22T12:00:00Z', '2026-11-22T12:00:00+01:00')),
    price: or(fc.constantFrom('1.5', '0')),
    extra: or(fc.constantFrom({}, { a: 1 }, { b: null })),
    tags: or(fc.array(fc.string({ maxLength: 3 }), { maxLength: 2 })),
    sides: or(fc.subarray(['x', 'y'])),
    ids: or(fc.constantFrom([UUID], [])),
    part: or(part),
    parts: or(fc.array(part, { maxLength: 2 })),
    own: or(fc.string({ maxLength: 3 })),
  },
  { requiredKeys: ['id', 'count', 'own'] },
);

describe('the rules of a contract class, looked up once', () => {
  it('are broken by what class-validator refuses, and by nothing else', () => {
    let refused = 0;
    fc.assert(
      fc.property(whole, fc.constantFrom(Whole, More), (fields, cls) => {
        const instance = Object.assign(new cls(), fields);
        const errors = validateSync(instance, { forbidUnknownValues: false, stopAtFirstError: true });
        if (errors.length > 0) refused++;
        expect(breaksNoRule(instance)).toBe(errors.length === 0);
      }),
      { numRuns: 500 },
    );
    expect(refused).toBeGreaterThan(50);
    expect(refused).toBeLessThan(450);
  });
});
