import type { Ctx } from '@leadwire/kernel';
import type { Capability } from '../capabilities.js';
import type { Class } from './schema.js';

/**
 * Declares who may call a method: a capability, any signed-in person, everybody, or only the platform itself: its operators'
 * commands and other services, never a request from outside.
 */
export type Right = Capability | 'signed-in' | 'public' | 'system';

type MethodSpec<I, O> = {
  input: Class<I & object>;
  /** What callers see; absent when the method answers nothing. */
  output?: O extends void ? undefined : Class<O & object>;
  can: Right;
  /** Safe to repeat without a second effect, so a client may retry it once. */
  idempotent?: boolean;
};

type Service<S> = { [K in keyof S]: (ctx: Ctx, input: never) => Promise<unknown> };

/** One request that others may send, resolved: this is what servers, clients, OpenAPI and tests read. */
export type ApiMethod = {
  service: string;
  api: string;
  name: string;
  /** NATS subject of the request. */
  subject: string;
  input: Class;
  output: Class | undefined;
  can: Right;
  idempotent: boolean;
};

export type Api<S = unknown> = {
  name: string;
  service: string;
  methods: Record<string, ApiMethod>;
} & { readonly [K in keyof S]: ApiMethod };

const APIS = new Map<string, Api>();

/**
 * Declares once what other processes may ask of a service: input, result and right of each method. The service implements
 * `S`, the client has the type `S`; the compiler fails when either side disagrees.
 * @param name `<service>.<area>`, e.g. `leads.notes`; method `add` is then served on `rpc.leads.notes.add`.
 */
export function defineApi<S extends Service<S>>(
  name: string,
  methods: {
    [K in keyof S]: S[K] extends (ctx: Ctx, input: infer I) => Promise<infer O> ? MethodSpec<I, O> : never;
  },
): Api<S> {
  const service = name.split('.')[0] as string;
  const resolved = Object.fromEntries(
    Object.entries(methods as Record<string, MethodSpec<object, object>>).map(([method, spec]) => [
      method,
      {
        service,
        api: name,
        name: method,
        subject: `rpc.${name}.${method}`,
        input: spec.input,
        output: spec.output,
        can: spec.can,
        idempotent: spec.idempotent ?? false,
      },
    ]),
  );
  const api = { ...resolved, name, service, methods: resolved } as unknown as Api<S>;
  if (APIS.has(name)) throw new Error(`The API ${name} is declared twice.`);
  APIS.set(name, api as Api);
  return api;
}

/** Every API declared so far, for documents and tests. */
export function allApis(): Api[] {
  return [...APIS.values()];
}
