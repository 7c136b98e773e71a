/** What a flag may answer with. */
export type FlagValue = boolean | string | number | { [key: string]: unknown };

export const OPERATORS = ['in', 'not-in', 'starts-with', 'ends-with', 'at-least', 'at-most'] as const;
export type Operator = (typeof OPERATORS)[number];

/** One thing that must hold of who asks. A context without the attribute never satisfies it, `not-in` included. */
export type Condition = { attribute: string; operator: Operator; values: (string | number | boolean)[] };

/** Serves `variant` when all its conditions hold. */
export type FlagRule = { if: Condition[]; serve: string };

export type Rollout = {
  /** 0 to 100, in steps of a hundredth. Growing it only ever adds; who was in stays in. */
  percentage: number;
  /** Whether whole teams or single people are let in. */
  stickiness: 'tenant' | 'user';
  /** Flags with the same seed let in the same ones; the flag's key unless told. */
  seed?: string;
  /** The variant for who is in; `on` unless told. */
  serve?: string;
};

/**
 * `config` of a row of `feature_flags`. Variants are named values; `on` is true and `off` is false unless they say otherwise.
 * Rules are asked in order, then the roll-out, then `default`.
 */
export type FlagConfig = {
  rules?: FlagRule[];
  rollout?: Rollout;
  variants?: Record<string, FlagValue>;
  /** The variant where neither rule nor roll-out applies: `off` where there are any, else `on`. */
  default?: string;
  /** The variant of a row for one team or one person that has no rules; `on` unless told. */
  serve?: string;
};

export const FLAG_CONFIG_BYTES_MAX = 1_024;
const RULES_MAX = 10;
const CONDITIONS_MAX = 5;
const VALUES_MAX = 50;
const NAME = /^[a-zA-Z][\w.-]{0,63}$/;

type Shape = Record<string, unknown>;

/**
 * Reads the `config` of a flag as an operator wrote it.
 * @throws Error that says what is wrong, in words for that operator
 */
export function parseFlagConfig(given: unknown): FlagConfig {
  const config = objectAt(given, 'config', ['rules', 'rollout', 'variants', 'default', 'serve']);
  if (Buffer.byteLength(JSON.stringify(config)) > FLAG_CONFIG_BYTES_MAX)
    throw new Error(`config is larger than ${FLAG_CONFIG_BYTES_MAX} bytes`);
  const variants = config['variants'] === undefined ? undefined : variantsOf(config['variants']);
  const known = new Set(['on', 'off', ...Object.keys(variants ?? {})]);
  const variant = (value: unknown, at: string): string => {
    if (typeof value !== 'string' || !known.has(value))
      throw new Error(`${at} names no variant of this flag: ${String(value)}`);
    return value;
  };
  const { rules, rollout } = config;
  return {
    ...(rules === undefined
      ? {}
      : { rules: listAt(rules, 'rules', RULES_MAX).map((r) => ruleOf(r, variant)) }),
    ...(rollout === undefined ? {} : { rollout: rolloutOf(rollout, variant) }),
    ...(variants ? { variants } : {}),
    ...(config['default'] === undefined ? {} : { default: variant(config['default'], 'default') }),
    ...(config['serve'] === undefined ? {} : { serve: variant(config['serve'], 'serve') }),
  };
}

function ruleOf(given: unknown, variant: (value: unknown, at: string) => string): FlagRule {
  const rule = objectAt(given, 'a rule', ['if', 'serve']);
  return {
    if: listAt(rule['if'], 'if', CONDITIONS_MAX).map(conditionOf),
    serve: variant(rule['serve'], 'serve of a rule'),
  };
}

function conditionOf(given: unknown): Condition {
  const { attribute, operator, values } = objectAt(given, 'a condition', ['attribute', 'operator', 'values']);
  if (typeof attribute !== 'string' || !NAME.test(attribute)) throw new Error('a condition has an attribute');
  if (!OPERATORS.includes(operator as Operator))
    throw new Error(`operator is one of ${OPERATORS.join(', ')}, not ${String(operator)}`);
  const list = listAt(values, 'values', VALUES_MAX);
  const numeric = operator === 'at-least' || operator === 'at-most';
  if (numeric ? list.length !== 1 || typeof list[0] !== 'number' : !list.every(isScalar))
    throw new Error(
      `values of ${String(operator)} ${numeric ? 'are one number' : 'are texts, numbers or booleans'}`,
    );
  return { attribute, operator: operator as Operator, values: list as Condition['values'] };
}

function rolloutOf(given: unknown, variant: (value: unknown, at: string) => string): Rollout {
  const rollout = objectAt(given, 'rollout', ['percentage', 'stickiness', 'seed', 'serve']);
  const { percentage, stickiness, seed, serve } = rollout;
  if (typeof percentage !== 'number' || !(percentage >= 0 && percentage <= 100))
    throw new Error('percentage is a number from 0 to 100');
  if (stickiness !== 'tenant' && stickiness !== 'user') throw new Error('stickiness is tenant or user');
  if (seed !== undefined && (typeof seed !== 'string' || !NAME.test(seed)))
    throw new Error('seed is a name of at most 64 letters, digits, dots, dashes and underscores');
  return {
    percentage,
    stickiness,
    ...(seed === undefined ? {} : { seed }),
    ...(serve === undefined ? {} : { serve: variant(serve, 'serve of the rollout') }),
  };
}

function variantsOf(given: unknown): Record<string, FlagValue> {
  const entries = Object.entries(objectAt(given, 'variants'));
  for (const [name, value] of entries) {
    if (!NAME.test(name)) throw new Error(`"${name}" is no name for a variant`);
    if (!isScalar(value) && !isObject(value))
      throw new Error(`variant ${name} is neither a boolean, a text, a number nor an object`);
  }
  return Object.fromEntries(entries) as Record<string, FlagValue>;
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}

function isObject(value: unknown): value is Shape {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectAt(value: unknown, at: string, known?: string[]): Shape {
  if (!isObject(value)) throw new Error(`${at} must be an object`);
  const stranger = known && Object.keys(value).find((key) => !known.includes(key));
  if (stranger !== undefined) throw new Error(`${at} knows no "${stranger}"`);
  return value;
}

function listAt(value: unknown, at: string, max: number): unknown[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > max)
    throw new Error(`${at} must be a list of 1 to ${max}`);
  return value;
}
