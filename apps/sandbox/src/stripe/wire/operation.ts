import type { StripeChange } from '../state/stripe-change.js';
import type { Params } from './params.js';

/** One request of the API as an operation sees it. */
export type Operation = {
  change: StripeChange;
  params: Params;
  /** The variable parts of the path, in order. */
  ids: string[];
  /** Where people reach the sandbox: the address that the request came to. */
  baseUrl: string;
};

export type Route = {
  method: 'GET' | 'POST' | 'DELETE';
  path: RegExp;
  run: (operation: Operation) => object;
};

/** A route by its path, where `:id` stands for a variable part. */
export function route(method: Route['method'], path: string, run: Route['run']): Route {
  return { method, path: new RegExp(`^${path.replace(/:id/g, '([^/]+)')}$`), run };
}
