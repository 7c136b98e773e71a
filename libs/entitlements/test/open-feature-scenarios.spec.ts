import { newId } from '@leadwire/kernel';
import { eventually } from '@leadwire/testing';
import {
  ErrorCode,
  OpenFeature,
  ProviderEvents,
  ProviderFatalError,
  ProviderStatus,
  type EvaluationContext,
  type EvaluationDetails,
  type Hook,
  type HookContext,
  type JsonValue,
} from '@openfeature/server-sdk';
import { LeadwireFlagProvider, type FlagRow } from '../src/index.js';
import { EVERY_KIND, OpenFeatureWorld } from './open-feature-world.js';

const TEMPLATE = { title: 'Check out these pics!', sizes: { width: 100 } };
const fixed = (value: unknown): FlagRow => ({
  on: true,
  config: { variants: { fixed: value as string }, default: 'fixed' },
});
/** For grown-ups among the customers of one company, and for nobody else. */
const SEVERAL_ATTRIBUTES: FlagRow = {
  on: true,
  config: {
    variants: { internal: 'INTERNAL', external: 'EXTERNAL' },
    rules: [
      {
        if: [
          { attribute: 'email', operator: 'ends-with', values: ['@faas.com'] },
          { attribute: 'customer', operator: 'in', values: [false] },
          { attribute: 'age', operator: 'at-least', values: [18] },
        ],
        serve: 'internal',
      },
    ],
    default: 'external',
  },
};

const OF_KIND: Record<string, JsonValue> = {
  'boolean-flag': true,
  'string-flag': 'hi',
  'integer-flag': 10,
  'float-flag': 0.5,
  'object-flag': TEMPLATE,
};
const FLAGS: Record<string, FlagRow> = {
  ...Object.fromEntries(Object.entries(OF_KIND).map(([key, value]) => [key, fixed(value)])),
  'disabled-flag': { on: false, config: { variants: { fixed: 'hi' }, default: 'fixed' } },
  'complex-targeted': SEVERAL_ATTRIBUTES,
};
/** Every flag, asked as each kind of value that it is not. */
const MISMATCHES = Object.entries(OF_KIND).flatMap(([key, value]) =>
  EVERY_KIND.filter((fallback) => typeof fallback !== typeof value).map((fallback): [string, JsonValue] => [
    key,
    fallback,
  ]),
);

/**
 * What evaluation_v2.feature, hooks.feature and metadata.feature of the OpenFeature specification 0.8 say beside the plain answers, in our
 * own words. Two scenarios are not claimed: the reason CACHED, since the provider answers from the newest snapshot and caches
 * no answer; and asynchronous evaluation, since every evaluation of the server SDK is asynchronous, so all tests here are.
 */
describe('the OpenFeature provider, by the specification’s further scenarios', () => {
  let world: OpenFeatureWorld;
  beforeAll(async () => {
    world = await OpenFeatureWorld.start(FLAGS);
  });
  afterAll(() => world.stop());

  describe('a provider that could not start', () => {
    const starting = (start: () => Promise<void>) =>
      new LeadwireFlagProvider({ start, observe: () => () => undefined } as never, undefined as never);
    const broken = (reason: Error) => starting(() => Promise.reject(reason));

    it('"Provider fatal error": answers the default, and the status is FATAL', async () => {
      const provider = broken(new ProviderFatalError('not allowed to read flags'));
      const client = OpenFeature.getClient('fatal');
      await expect(OpenFeature.setProviderAndWait('fatal', provider)).rejects.toThrow('not allowed');
      expect(client.providerStatus).toBe(ProviderStatus.FATAL);
      for (const fallback of EVERY_KIND)
        expect(await world.ask('boolean-flag', fallback, {}, { of: client })).toMatchObject({
          value: fallback,
          reason: 'ERROR',
          errorCode: ErrorCode.PROVIDER_FATAL,
        });
    });

    it('"Provider status": ERROR when it did not start, told with the reason, and READY once it did', async () => {
      const provider = broken(new Error('the broker is away'));
      const client = OpenFeature.getClient('error');
      const told: (string | undefined)[] = [];
      client.addHandler(ProviderEvents.Error, (details) => void told.push(details?.message));
      await expect(OpenFeature.setProviderAndWait('error', provider)).rejects.toThrow('the broker is away');
      expect(client.providerStatus).toBe(ProviderStatus.ERROR);
      await eventually(() => told.some((message) => message?.includes('the broker is away')));
      expect(await world.ask('boolean-flag', false, {}, { of: client })).toMatchObject({
        value: false,
        errorCode: ErrorCode.PROVIDER_NOT_READY,
      });
      await OpenFeature.setProviderAndWait(
        'error',
        starting(() => Promise.resolve()),
      );
      expect(client.providerStatus).toBe(ProviderStatus.READY);
    });

    it('"Provider status": READY where flags are read', () => {
      expect(world.client.providerStatus).toBe(ProviderStatus.READY);
    });
  });

  describe('an answer that is an error', () => {
    it.each(MISMATCHES)(
      '"Type mismatch error": %s asked with the default %j keeps it',
      async (key, fallback) => {
        const details = await world.ask(key, fallback);
        expect(details).toMatchObject({
          value: fallback,
          reason: 'ERROR',
          errorCode: ErrorCode.TYPE_MISMATCH,
          errorMessage: expect.stringContaining(key),
        });
        expect(details.variant).toBeUndefined();
      },
    );

    it('"Error message": says which flag there is not', async () => {
      expect(await world.ask('no-such-flag', 'bye')).toMatchObject({
        value: 'bye',
        errorCode: ErrorCode.FLAG_NOT_FOUND,
        errorMessage: 'There is no flag no-such-flag.',
      });
    });
  });

  it('"Disabled flag": one that is off for everybody answers the default, and false where it is yes or no', async () => {
    for (const fallback of EVERY_KIND)
      expect(await world.ask('disabled-flag', fallback)).toMatchObject({
        value: fallback,
        reason: 'DISABLED',
      });
    expect(await world.ask('disabled-flag', true)).toMatchObject({
      value: false,
      variant: 'off',
      reason: 'DISABLED',
    });
  });

  it.each<[string, EvaluationContext, string, string]>([
    ['all of them fit', { email: 'ann@faas.com', customer: false, age: 21 }, 'INTERNAL', 'TARGETING_MATCH'],
    ['the text does not', { email: 'ann@saas.com', customer: false, age: 21 }, 'EXTERNAL', 'DEFAULT'],
    ['the yes or no does not', { email: 'ann@faas.com', customer: true, age: 21 }, 'EXTERNAL', 'DEFAULT'],
    ['the number does not', { email: 'ann@faas.com', customer: false, age: 17 }, 'EXTERNAL', 'DEFAULT'],
    ['one is missing', { email: 'ann@faas.com', age: 21 }, 'EXTERNAL', 'DEFAULT'],
    [
      'a number comes as a text',
      { email: 'ann@faas.com', customer: false, age: '21' },
      'EXTERNAL',
      'DEFAULT',
    ],
  ])('"Targeting by several attributes": when %s', async (_, context, value, reason) => {
    expect(await world.ask('complex-targeted', 'none', context)).toMatchObject({ value, reason });
  });

  describe('what is handed over stays as it was', () => {
    it('"Context immutability": the context of the caller', async () => {
      const context = Object.freeze({
        email: 'ann@faas.com',
        customer: false,
        age: 21,
        targetingKey: newId(),
        nested: Object.freeze({ tags: Object.freeze(['a']) as unknown as JsonValue }),
      });
      const before = structuredClone(context);
      expect(await world.ask('complex-targeted', 'none', context)).toMatchObject({ value: 'INTERNAL' });
      expect(context).toEqual(before);
    });

    it('"Context immutability": what a hook adds is there for one evaluation only', async () => {
      const context = { email: 'ann@faas.com', customer: false };
      const hooks: Hook[] = [{ before: () => ({ age: 21 }) }];
      const asked = (options = {}) => world.ask('complex-targeted', 'none', context, options);
      expect(await asked({ hooks })).toMatchObject({ value: 'INTERNAL' });
      expect(await asked()).toMatchObject({ value: 'EXTERNAL' });
      expect(context).toEqual({ email: 'ann@faas.com', customer: false });
    });

    it('"Evaluation details immutability": whoever changes an answer changes their own', async () => {
      const { value } = await world.ask('object-flag', {});
      const own = value as typeof TEMPLATE;
      try {
        own.title = 'defaced';
        own.sizes.width = 0;
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
      }
      expect((await world.ask('object-flag', {})).value).toEqual(TEMPLATE);
    });
  });

  describe('hooks', () => {
    const recording = () => {
      const calls: [string, HookContext, EvaluationDetails<JsonValue> | Error | undefined][] = [];
      const hook: Hook = {
        before: (context) => void calls.push(['before', context, undefined]),
        after: (context, details) => void calls.push(['after', context, details as never]),
        error: (context, error) => void calls.push(['error', context, error as Error]),
        finally: (context, details) => void calls.push(['finally', context, details as never]),
      };
      return { calls, options: { hooks: [hook] } };
    };

    it('"Passes evaluation details to after and finally hooks"', async () => {
      const { calls, options } = recording();
      await world.ask('boolean-flag', false, { email: 'ann@faas.com' }, options);
      expect(calls.map(([stage]) => stage)).toEqual(['before', 'after', 'finally']);
      const [, context] = calls[0] as (typeof calls)[number];
      expect(context).toMatchObject({
        flagKey: 'boolean-flag',
        flagValueType: 'boolean',
        defaultValue: false,
        context: { email: 'ann@faas.com' },
        providerMetadata: { name: 'leadwire' },
      });
      for (const [, , details] of calls.slice(1))
        expect(details).toMatchObject({ value: true, variant: 'fixed', reason: 'STATIC' });
    });

    it.each<[string, string, JsonValue, ErrorCode]>([
      ['flag not found', 'no-such-flag', 'bye', ErrorCode.FLAG_NOT_FOUND],
      ['type error', 'boolean-flag', 'bye', ErrorCode.TYPE_MISMATCH],
    ])(
      '"Passes evaluation details to after and finally hooks when there is a %s"',
      async (_, key, fallback, errorCode) => {
        const { calls, options } = recording();
        await world.ask(key, fallback, {}, options);
        expect(calls.map(([stage]) => stage)).toEqual(['before', 'error', 'finally']);
        expect(calls[1]?.[2]).toMatchObject({ code: errorCode });
        expect(calls[2]?.[2]).toMatchObject({ value: fallback, reason: 'ERROR', errorCode });
      },
    );
  });

  describe('metadata of a flag', () => {
    it('"Returns metadata": who decided, and by which version of the rights', async () => {
      const tenantId = newId();
      await world.rights.change(tenantId, { flags: { 'boolean-flag': { on: false } } });
      const decided = async (key: string, fallback: JsonValue, context = {}) =>
        (await world.ask(key, fallback, context)).flagMetadata;
      const version = expect.any(Number);
      expect(await decided('string-flag', 'bye')).toEqual({ decidedBy: 'default', version });
      expect(await decided('disabled-flag', 'bye')).toEqual({ decidedBy: 'switched_off', version });
      expect(await decided('boolean-flag', true, { tenantId })).toEqual({ decidedBy: 'tenant_row', version });
    });

    it('"Returns no metadata": where there is no such flag', async () => {
      expect((await world.ask('no-such-flag', 'bye')).flagMetadata).toEqual({});
    });
  });
});
