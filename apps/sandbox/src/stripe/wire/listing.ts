import type { Kind, StripeObjects } from '../state/stripe-objects.js';
import type { Operation } from './operation.js';
import type { Params } from './params.js';
import { noSuch } from './stripe-error.js';

const LIMIT_DEFAULT = 10;
const LIMIT_MAX = 100;

export type Listed<T> = { object: 'list'; url: string; has_more: boolean; data: T[] };

/** A page of all objects of a kind that match, newest first, as every list of Stripe's is. */
export function listOf<K extends Kind>(
  { change, params }: Operation,
  kind: K,
  url: string,
  matches: (object: StripeObjects[K]) => boolean = () => true,
): Listed<StripeObjects[K]> {
  const limit = params.integer('limit', { min: 1, max: LIMIT_MAX }) ?? LIMIT_DEFAULT;
  const after = params.text('starting_after');
  const before = params.text('ending_before');
  const isInRange = createdRange(params);
  params.end();
  const known = change.all(kind);
  let found = known.filter(
    (object) => matches(object) && isInRange((object as { created?: number }).created ?? 0),
  );
  if (after !== undefined) found = found.slice(indexIn(found, after, kind, 'starting_after') + 1);
  if (before !== undefined) found = found.slice(0, indexIn(found, before, kind, 'ending_before'));
  // Backwards, a page ends right before its cursor.
  const data = before === undefined ? found.slice(0, limit) : found.slice(-limit);
  return { object: 'list', url, has_more: found.length > data.length, data };
}

function indexIn(found: { id: string }[], id: string, kind: Kind, param: string): number {
  const index = found.findIndex((object) => object.id === id);
  if (index < 0) throw noSuch(kind, id, param);
  return index;
}

function createdRange(params: Params): (created: number) => boolean {
  if (!params.has('created')) return () => true;
  const exact = params.isText('created') ? params.integer('created') : undefined;
  if (exact !== undefined) return (created) => created === exact;
  const range = params.object('created');
  const [gt, gte, lt, lte] = ['gt', 'gte', 'lt', 'lte'].map((key) => range?.integer(key));
  range?.end();
  return (created) =>
    (gt === undefined || created > gt) &&
    (gte === undefined || created >= gte) &&
    (lt === undefined || created < lt) &&
    (lte === undefined || created <= lte);
}
