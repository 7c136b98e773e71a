import type { Condition, FlagConfig, FlagValue } from './flag-config.js';
import type { FlagRow } from './snapshot.js';
import { isRolledOut } from './sticky.js';

/** Reasons and error codes as OpenFeature names them (specification 1.4.7, types.md "Resolution Details", "Error Code"). */
export type FlagReason = 'STATIC' | 'DEFAULT' | 'TARGETING_MATCH' | 'SPLIT' | 'DISABLED' | 'ERROR' | 'STALE';
export type FlagErrorCode = 'FLAG_NOT_FOUND' | 'TARGETING_KEY_MISSING';

/** Which part of a flag gave the answer. */
export type FlagDecider =
  'not_found' | 'expiry' | 'user_row' | 'tenant_row' | 'switched_off' | 'rule' | 'rollout' | 'default';

export type FlagAnswer = {
  /** Undefined where the chosen variant has no value: the flag is off for a kind of value that has no "off". */
  value: FlagValue | undefined;
  variant: string;
  reason: FlagReason;
  decidedBy: FlagDecider;
  errorCode?: FlagErrorCode;
};

/** The rows of one key that concern a tenant. */
export type Flag = {
  key: string;
  everybody?: FlagRow;
  tenant?: FlagRow;
  users?: ReadonlyMap<string, FlagRow>;
};

/** Who asks. `tenantId` and `userId` are what roll-outs stick to; rules may look at any attribute. */
export type FlagContext = { tenantId?: string; userId?: string | null; [attribute: string]: unknown };

const NOT_FOUND: FlagAnswer = {
  value: undefined,
  variant: 'off',
  reason: 'ERROR',
  decidedBy: 'not_found',
  errorCode: 'FLAG_NOT_FOUND',
};

/**
 * The answer of a flag: expired? → row of the user → row of the tenant → rules → percentage → default. An expiry only ever
 * switches off: the flag's own for everybody, that of a tenant's or user's row for whom the row is.
 */
export function evaluateFlag(flag: Flag | undefined, context: FlagContext, now: number): FlagAnswer {
  if (!flag) return NOT_FOUND;
  const { everybody, tenant, users } = flag;
  if (everybody && hasExpired(everybody, now)) return answer(flag, 'off', 'DISABLED', 'expiry');
  const user = context.userId ? users?.get(context.userId) : undefined;
  if (user) return answerOfRow(flag, user, 'user_row', now);
  if (tenant) {
    if (hasExpired(tenant, now) || !tenant.on || !isConditional(tenant.config))
      return answerOfRow(flag, tenant, 'tenant_row', now);
    return answerOfConfig(flag, tenant.config ?? {}, context);
  }
  // Rows for some members only: whoever has none is not meant.
  if (!everybody) return answer(flag, 'off', 'DEFAULT', 'default');
  if (!everybody.on) return answer(flag, 'off', 'DISABLED', 'switched_off');
  return answerOfConfig(flag, everybody.config ?? {}, context);
}

export function hasExpired(row: FlagRow, now: number): boolean {
  return row.expiresAt !== undefined && row.expiresAt <= now;
}

function isConditional(config: FlagConfig | undefined): boolean {
  return config?.rules !== undefined || config?.rollout !== undefined;
}

function answerOfRow(
  flag: Flag,
  row: FlagRow,
  decidedBy: 'user_row' | 'tenant_row',
  now: number,
): FlagAnswer {
  if (hasExpired(row, now)) return answer(flag, 'off', 'DISABLED', 'expiry');
  return answer(flag, row.on ? (row.config?.serve ?? 'on') : 'off', 'TARGETING_MATCH', decidedBy, row.config);
}

function answerOfConfig(flag: Flag, config: FlagConfig, context: FlagContext): FlagAnswer {
  const { rules = [], rollout } = config;
  for (const rule of rules) {
    if (rule.if.every((condition) => holds(condition, context)))
      return answer(flag, rule.serve, 'TARGETING_MATCH', 'rule', config);
  }
  const otherwise = config.default ?? (isConditional(config) ? 'off' : 'on');
  if (!rollout) return answer(flag, otherwise, rules.length > 0 ? 'DEFAULT' : 'STATIC', 'default', config);
  const key = rollout.stickiness === 'user' ? context.userId : context.tenantId;
  // Who cannot be told apart is not let in: a coin thrown anew at each question would be worse.
  if (!key)
    return {
      ...answer(flag, otherwise, 'ERROR', 'rollout', config),
      errorCode: 'TARGETING_KEY_MISSING',
    };
  const isIn = isRolledOut(rollout.seed ?? flag.key, key, rollout.percentage);
  return answer(flag, isIn ? (rollout.serve ?? 'on') : otherwise, 'SPLIT', 'rollout', config);
}

function holds({ attribute, operator, values }: Condition, context: FlagContext): boolean {
  const actual = Object.hasOwn(context, attribute) ? context[attribute] : undefined;
  if (actual === undefined || actual === null) return false;
  switch (operator) {
    case 'in':
      return values.includes(actual as string);
    case 'not-in':
      return !values.includes(actual as string);
    case 'starts-with':
      return values.some((value) => String(actual).startsWith(String(value)));
    case 'ends-with':
      return values.some((value) => String(actual).endsWith(String(value)));
    case 'at-least':
      return typeof actual === 'number' && actual >= Number(values[0]);
    case 'at-most':
      return typeof actual === 'number' && actual <= Number(values[0]);
  }
}

function answer(
  flag: Flag,
  variant: string,
  reason: FlagReason,
  decidedBy: FlagDecider,
  own?: FlagConfig,
): FlagAnswer {
  return { value: valueOf(flag, variant, own), variant, reason, decidedBy };
}

/** Variants are the deciding row's own, else the flag's, else the built-in two. */
function valueOf(flag: Flag, variant: string, own: FlagConfig | undefined): FlagValue | undefined {
  for (const variants of [own?.variants, flag.everybody?.config?.variants]) {
    if (variants && Object.hasOwn(variants, variant)) return variants[variant];
  }
  if (variant === 'on') return true;
  return variant === 'off' ? false : undefined;
}
