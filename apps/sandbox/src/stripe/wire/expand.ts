import type { StripeChange } from '../state/stripe-change.js';
import { kindOf } from '../state/stripe-objects.js';
import { invalidRequest } from './stripe-error.js';

/** Stripe expands four levels deep. */
const DEPTH_MAX = 4;

/** A copy in which the ids at these paths (`latest_charge.balance_transaction`, `data.customer`) are replaced by their objects. */
export function expand(result: object, paths: string[], change: StripeChange): object {
  if (paths.length === 0) return result;
  const copy = structuredClone(result);
  for (const path of paths) {
    const parts = path.split('.');
    if (parts.length > DEPTH_MAX + 1) throw unexpandable(path);
    expandAt(copy, parts, path, change);
  }
  return copy;
}

function expandAt(object: object, [part = '', ...rest]: string[], path: string, change: StripeChange): void {
  if (!Object.hasOwn(object, part)) throw unexpandable(path);
  const values = object as Record<string, unknown>;
  const value = values[part];
  if (typeof value === 'string') values[part] = objectOf(value, change) ?? value;
  const next = values[part];
  if (rest.length === 0 || next === null) return;
  for (const item of Array.isArray(next) ? next : [next]) {
    if (typeof item !== 'object' || item === null) throw unexpandable(path);
    expandAt(item, rest, path, change);
  }
}

function objectOf(id: string, change: StripeChange): object | undefined {
  const kind = kindOf(id);
  return kind && structuredClone(change.find(kind, id));
}

function unexpandable(path: string) {
  return invalidRequest(`This property cannot be expanded (${path}).`, { param: 'expand' });
}
