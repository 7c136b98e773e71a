import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { parseFlagConfig } from './flag-config.js';
import { evaluateFlag, type Flag } from './flags.js';
import { bucketOf, isRolledOut } from './sticky.js';

const NOW = 1_000;
const dana = { tenantId: 't1', userId: 'dana', role: 'agent', planTier: 'trial' };

describe('a flag', () => {
  const ask = (flag: Partial<Flag>, context = dana as Record<string, unknown>) =>
    evaluateFlag({ key: 'inbox', ...flag }, context, NOW);

  it.each<[string, Partial<Flag>, unknown, string, string]>([
    ['that is on for everybody', { everybody: { on: true } }, true, 'STATIC', 'default'],
    ['that is off for everybody', { everybody: { on: false } }, false, 'DISABLED', 'switched_off'],
    ['that has expired', { everybody: { on: true, expiresAt: NOW } }, false, 'DISABLED', 'expiry'],
    ['that expires in a moment', { everybody: { on: true, expiresAt: NOW + 1 } }, true, 'STATIC', 'default'],
    [
      'with a row of the tenant',
      { everybody: { on: false }, tenant: { on: true } },
      true,
      'TARGETING_MATCH',
      'tenant_row',
    ],
    [
      'with a row of the user over that of the tenant',
      { everybody: { on: true }, tenant: { on: true }, users: new Map([['dana', { on: false }]]) },
      false,
      'TARGETING_MATCH',
      'user_row',
    ],
    [
      'with a row of another user',
      { everybody: { on: true }, users: new Map([['sam', { on: false }]]) },
      true,
      'STATIC',
      'default',
    ],
    ['with rows for others only', { users: new Map([['sam', { on: true }]]) }, false, 'DEFAULT', 'default'],
    [
      'whose row of the tenant has expired, whatever it said',
      { everybody: { on: true }, tenant: { on: false, expiresAt: NOW } },
      false,
      'DISABLED',
      'expiry',
    ],
    [
      'that has expired, over every row',
      { everybody: { on: true, expiresAt: NOW }, users: new Map([['dana', { on: true }]]) },
      false,
      'DISABLED',
      'expiry',
    ],
  ])('%s', (_, flag, value, reason, decidedBy) => {
    expect(ask(flag)).toMatchObject({ value, reason, decidedBy });
  });

  it('that nobody made is not found', () => {
    expect(evaluateFlag(undefined, dana, NOW)).toMatchObject({
      reason: 'ERROR',
      errorCode: 'FLAG_NOT_FOUND',
    });
  });

  it('asks its rules in order, then the roll-out, then the default', () => {
    const config = parseFlagConfig({
      variants: { big: 'large', small: 'little', plain: 'medium' },
      rules: [
        { if: [{ attribute: 'role', operator: 'in', values: ['owner'] }], serve: 'big' },
        {
          if: [
            { attribute: 'planTier', operator: 'not-in', values: ['free'] },
            { attribute: 'seats', operator: 'at-least', values: [5] },
          ],
          serve: 'small',
        },
      ],
      default: 'plain',
    });
    const everybody = { on: true, config };
    expect(ask({ everybody }, { ...dana, role: 'owner', seats: 9 })).toMatchObject({
      value: 'large',
      reason: 'TARGETING_MATCH',
    });
    expect(ask({ everybody }, { ...dana, seats: 5 })).toMatchObject({
      value: 'little',
      reason: 'TARGETING_MATCH',
    });
    expect(ask({ everybody }, { ...dana, seats: 4 })).toMatchObject({ value: 'medium', reason: 'DEFAULT' });
    expect(ask({ everybody }, dana)).toMatchObject({ value: 'medium', reason: 'DEFAULT' });
  });

  it('takes the variants of the flag where a row brings none, and has no value where there is none', () => {
    const everybody = { on: false, config: parseFlagConfig({ variants: { on: 'green' } }) };
    expect(ask({ everybody, tenant: { on: true } })).toMatchObject({ value: 'green', variant: 'on' });
    expect(ask({ everybody: { on: true, config: { default: 'gone' } } })).toMatchObject({ value: undefined });
  });

  it('finds nothing by the names that every object has', () => {
    const rule = {
      if: [{ attribute: 'constructor', operator: 'not-in' as const, values: ['x'] }],
      serve: 'on',
    };
    expect(ask({ everybody: { on: true, config: { rules: [rule] } } }).value).toBe(false);
    expect(
      ask({ everybody: { on: true, config: { variants: {}, default: 'toString' } } }).value,
    ).toBeUndefined();
  });

  it('does not let in whom it cannot tell apart', () => {
    const everybody = { on: true, config: { rollout: { percentage: 100, stickiness: 'user' as const } } };
    expect(ask({ everybody }, { tenantId: 't1' })).toMatchObject({
      value: false,
      reason: 'ERROR',
      errorCode: 'TARGETING_KEY_MISSING',
    });
    expect(ask({ everybody })).toMatchObject({ value: true, reason: 'SPLIT' });
  });
});

describe('a roll-out', () => {
  it('puts a key where SHA-256 says, so that anybody can check it', () => {
    const digest = createHash('sha256').update('inbox:dana').digest();
    expect(bucketOf('inbox', 'dana')).toBe(digest.readUInt32BE() % 10_000);
    expect(bucketOf('inbox', 'dana')).toBe(bucketOf('inbox', 'dana'));
  });

  it('only ever adds when its percentage grows', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.float({ min: 0, max: 100, noNaN: true }),
        fc.float({ min: 0, max: 100, noNaN: true }),
        (seed, key, a, b) => {
          const [less, more] = a < b ? [a, b] : [b, a];
          expect(isRolledOut(seed, key, less) && !isRolledOut(seed, key, more)).toBe(false);
          expect(isRolledOut(seed, key, 100)).toBe(true);
          expect(isRolledOut(seed, key, 0)).toBe(false);
        },
      ),
    );
  });

  it('lets in about its percentage', () => {
    const keys = Array.from({ length: 20_000 }, (_, i) => `user-${i}`);
    for (const percentage of [1, 25, 50]) {
      const share = (100 * keys.filter((key) => isRolledOut('seed', key, percentage)).length) / keys.length;
      // Four standard deviations of a binomial of 20,000 at 50 %.
      expect(Math.abs(share - percentage)).toBeLessThan(1.5);
    }
  });
});

describe('the configuration of a flag', () => {
  it.each<[string, unknown, RegExp]>([
    ['no object', 'on', /config must be an object/],
    ['an unknown field', { percent: 5 }, /knows no "percent"/],
    ['a percentage over a hundred', { rollout: { percentage: 101, stickiness: 'user' } }, /from 0 to 100/],
    ['a percentage that is no number', { rollout: { percentage: '5', stickiness: 'user' } }, /from 0 to 100/],
    ['an unknown stickiness', { rollout: { percentage: 5, stickiness: 'ip' } }, /tenant or user/],
    ['a variant that is not there', { default: 'blue' }, /names no variant/],
    [
      'an operator that is not there',
      { rules: [{ if: [{ attribute: 'a', operator: 'like', values: ['b'] }], serve: 'on' }] },
      /operator is one of/,
    ],
    [
      'rules without end',
      { rules: Array(11).fill({ if: [{ attribute: 'a', operator: 'in', values: [1] }], serve: 'on' }) },
      /1 to 10/,
    ],
    [
      'a text to compare with',
      { rules: [{ if: [{ attribute: 'a', operator: 'at-most', values: ['9'] }], serve: 'on' }] },
      /one number/,
    ],
    [
      'more bytes than a snapshot has room for',
      { variants: { a: 'x'.repeat(3_000) } },
      /larger than 1024 bytes/,
    ],
    ['a list for a value', { variants: { a: [1] } }, /neither a boolean/],
  ])('refuses %s', (_, config, message) => {
    expect(() => parseFlagConfig(config)).toThrow(message);
  });

  it('is read as it was written', () => {
    const config = {
      rules: [
        { if: [{ attribute: 'email', operator: 'ends-with', values: ['@acme.example'] }], serve: 'blue' },
      ],
      rollout: { percentage: 12.5, stickiness: 'tenant', seed: 'spring', serve: 'blue' },
      variants: { blue: { hex: '#00f' } },
      default: 'off',
    };
    expect(parseFlagConfig(config)).toEqual(config);
  });
});
