import { newId } from '@leadwire/kernel';
import { eventually } from '@leadwire/testing';
import {
  ErrorCode,
  OpenFeature,
  ProviderEvents,
  ProviderStatus,
  type EvaluationContext,
  type JsonValue,
} from '@openfeature/server-sdk';
import { LeadwireFlagProvider, type FlagRow } from '../src/index.js';
import { EVERY_KIND, OpenFeatureWorld } from './open-feature-world.js';

const BALLMER = { email: 'ballmer@macrosoft.com' };
const GREETING = { showImages: true, title: 'Check out these pics!', imagesPerPage: 100 };

const fixed = (variant: string, value: unknown): FlagRow => ({
  on: true,
  config: { variants: { [variant]: value as string }, default: variant },
});
/** Zero for the one address, and where no rule applies. */
const targeted = (zero: unknown): FlagRow => ({
  on: true,
  config: {
    variants: { zero: zero as string },
    rules: [{ if: [{ attribute: 'email', operator: 'in', values: [BALLMER.email] }], serve: 'zero' }],
    default: 'zero',
  },
});

/** The flags that the specification's scenarios are about, under their names there. */
const FLAGS: Record<string, FlagRow> = {
  'boolean-flag': { on: true },
  'string-flag': fixed('greeting', 'hi'),
  'integer-flag': fixed('ten', 10),
  'float-flag': fixed('half', 0.5),
  'object-flag': fixed('template', GREETING),
  'boolean-zero-flag': fixed('zero', false),
  'string-zero-flag': fixed('zero', ''),
  'integer-zero-flag': fixed('zero', 0),
  'float-zero-flag': fixed('zero', 0.0),
  'object-zero-flag': fixed('zero', {}),
  'boolean-targeted-zero-flag': targeted(false),
  'string-targeted-zero-flag': targeted(''),
  'integer-targeted-zero-flag': targeted(0),
  'float-targeted-zero-flag': targeted(0.0),
  'object-targeted-zero-flag': targeted({}),
};

// In our own words after the OpenFeature specification 0.8, assets/gherkin: each test names the scenario that it says again.
describe('the OpenFeature provider, by the specification’s evaluation_v2.feature', () => {
  let world: OpenFeatureWorld;
  beforeAll(async () => {
    world = await OpenFeatureWorld.start(FLAGS);
  });
  afterAll(() => world.stop());

  const ask: OpenFeatureWorld['ask'] = (...asked) => world.ask(...asked);

  it.each<[string, JsonValue, JsonValue, string]>([
    ['boolean-flag', false, true, 'on'],
    ['string-flag', 'bye', 'hi', 'greeting'],
    ['integer-flag', 1, 10, 'ten'],
    ['float-flag', 0.1, 0.5, 'half'],
    ['object-flag', {}, GREETING, 'template'],
  ])(
    '"Resolve values", "Complete evaluation details structure": %s',
    async (key, fallback, value, variant) => {
      expect(await ask(key, fallback)).toMatchObject({ flagKey: key, value, variant, reason: 'STATIC' });
    },
  );

  it.each<[string, JsonValue, JsonValue]>([
    ['boolean', true, false],
    ['string', 'hi', ''],
    ['integer', 1, 0],
    ['float', 0.1, 0],
    ['object', { a: 1 }, {}],
  ])('"Resolves zero value", with and without targeting: %s', async (kind, fallback, value) => {
    expect(await ask(`${kind}-zero-flag`, fallback)).toMatchObject({ value, reason: 'STATIC' });
    const flag = `${kind}-targeted-zero-flag`;
    // "Resolves zero value with targeting"
    expect(await ask(flag, fallback, BALLMER)).toMatchObject({ value, reason: 'TARGETING_MATCH' });
    // "Resolves zero value with targeting using default"
    expect(await ask(flag, fallback, { email: 'ballmer@none.com' })).toMatchObject({
      value,
      reason: 'DEFAULT',
    });
    // "Empty evaluation context"
    expect(await ask(flag, fallback)).toMatchObject({ value, reason: 'DEFAULT' });
    // "Null context values"
    expect(await ask(flag, fallback, { email: null })).toMatchObject({ value, reason: 'DEFAULT' });
  });

  it('"Flag not found error": answers the default and says so', async () => {
    for (const fallback of EVERY_KIND) {
      expect(await ask('non-existent-flag', fallback)).toMatchObject({
        value: fallback,
        reason: 'ERROR',
        errorCode: ErrorCode.FLAG_NOT_FOUND,
      });
    }
  });

  it.each<[string, JsonValue]>([
    ['boolean-flag', 'bye'],
    ['string-flag', false],
    ['string-flag', 1],
    ['string-flag', {}],
  ])('"Type mismatch error": %s asked as another kind', async (key, fallback) => {
    expect(await ask(key, fallback)).toMatchObject({
      value: fallback,
      reason: 'ERROR',
      errorCode: ErrorCode.TYPE_MISMATCH,
    });
  });

  it('"Provider not ready error": answers the default until the flags are read', async () => {
    const unready = new LeadwireFlagProvider(undefined as never, undefined as never);
    unready.initialize = () => new Promise(() => undefined);
    OpenFeature.setProvider('unready', unready);
    for (const fallback of EVERY_KIND) {
      expect(await ask('boolean-flag', fallback, {}, { of: OpenFeature.getClient('unready') })).toMatchObject(
        {
          value: fallback,
          reason: 'ERROR',
          errorCode: ErrorCode.PROVIDER_NOT_READY,
        },
      );
    }
  });

  describe('beyond the scenarios', () => {
    it('knows teams and people: rows of theirs, roll-outs that stick, and flags that are off', async () => {
      const [tenantId, userId] = [newId(), newId()];
      await world.rights.change(tenantId, {
        flags: { inbox: { on: true, config: { rollout: { percentage: 100, stickiness: 'user' } } } },
        userFlags: { inbox: { [userId]: { on: false } } },
      });
      const of = (context: EvaluationContext) => ask('inbox', true, { tenantId, ...context });
      expect(await of({ targetingKey: userId })).toMatchObject({ value: false, reason: 'TARGETING_MATCH' });
      expect(await of({ userId })).toMatchObject({ value: false, reason: 'TARGETING_MATCH' });
      expect(await of({ targetingKey: newId() })).toMatchObject({ value: true, reason: 'SPLIT' });
      expect(await of({})).toMatchObject({ value: true, errorCode: ErrorCode.TARGETING_KEY_MISSING });
      // Elsewhere there is no such flag.
      expect(await ask('inbox', true)).toMatchObject({ errorCode: ErrorCode.FLAG_NOT_FOUND });
    });

    it('answers the default where a text is switched off, with the reason', async () => {
      const tenantId = newId();
      await world.rights.change(tenantId, { flags: { 'string-flag': { on: false } } });
      expect(await ask('string-flag', 'bye', { tenantId })).toMatchObject({
        value: 'bye',
        reason: 'TARGETING_MATCH',
      });
    });

    it('says what changed', async () => {
      const changed: string[] = [];
      world.client.addHandler(ProviderEvents.ConfigurationChanged, (details) => {
        changed.push(...(details?.flagsChanged ?? []));
      });
      await world.rights.changeForEverybody({ ...FLAGS, 'new-flag': { on: true } });
      await eventually(() => changed.includes('new-flag'));
      expect(await ask('new-flag', false)).toMatchObject({ value: true });
    });
  });

  describe('by contextMerging.feature', () => {
    const flag = { on: true, config: { variants: {}, rules: [] as object[] } };
    const LEVELS = ['API', 'Transaction', 'Client', 'Invocation', 'Before Hooks'] as const;

    beforeAll(async () => {
      const rules = LEVELS.map((level) => ({
        if: [{ attribute: 'key', operator: 'in' as const, values: [level] }],
        serve: level,
      }));
      const variants = Object.fromEntries(LEVELS.map((level) => [level, level]));
      await world.rights.changeForEverybody({ ...FLAGS, merged: { ...flag, config: { variants, rules } } });
      await eventually(async () => (await ask('merged', 'none', { key: 'API' })).value === 'API');
    });
    afterEach(() => OpenFeature.setContext({}));

    /** Evaluates with `key` set on the given levels, each to its own name: the answer is the one that won. */
    const winnerOf = (levels: readonly string[]): Promise<JsonValue> => {
      const at = (level: string): EvaluationContext => (levels.includes(level) ? { key: level } : {});
      OpenFeature.setContext(at('API'));
      const own = OpenFeature.getClient('leadwire').setContext(at('Client'));
      const evaluate = async () =>
        (
          await own.getStringDetails('merged', 'none', at('Invocation'), {
            hooks: [{ before: () => at('Before Hooks') }],
          })
        ).value;
      return new Promise((resolve, reject) => {
        OpenFeature.setTransactionContext(at('Transaction'), () => void evaluate().then(resolve, reject));
      });
    };

    it.each(LEVELS)('"A context entry is added to a single level": %s', async (level) => {
      expect(await winnerOf([level])).toBe(level);
    });

    it.each(LEVELS.map((level, i) => [level, LEVELS.slice(0, i + 1)] as const))(
      '"A context entry in one level overwrites values with the same key from preceding levels": down to %s',
      async (level, levels) => {
        expect(await winnerOf(levels)).toBe(level);
      },
    );
  });

  describe('when the broker goes away', () => {
    it('says that answers may be out of date, gives them, and says when they are not any more', async () => {
      await world.nats.down('SIGKILL');
      await eventually(() => world.client.providerStatus === ProviderStatus.STALE);
      expect(await ask('boolean-flag', false)).toMatchObject({ value: true, reason: 'STALE' });
      await world.nats.up();
      await eventually(() => world.client.providerStatus === ProviderStatus.READY);
      expect(await ask('boolean-flag', false)).toMatchObject({ value: true, reason: 'STATIC' });
    });
  });
});
