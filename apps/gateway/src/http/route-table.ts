import { HTTP_CODE_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/internal';
import { RequestMethod, type Type } from '@nestjs/common';
import { endpointOf, type EndpointMetadata } from './endpoint.js';

/** Everything of ours lives below this. */
export const API_PREFIX = 'v1';

/** One route as the controllers declare it. */
export type Route = {
  controller: string;
  handler: string;
  /** Upper case. */
  method: string;
  /** With Nest's `:name` parameters, e.g. `/v1/leads/:leadId/notes`. */
  path: string;
  params: string[];
  /** Status of success. */
  status: number;
  endpoint: EndpointMetadata | undefined;
};

/** The routes of these controllers, in the order of their declaration. */
export function routesOf(controllers: readonly Type[]): Route[] {
  return controllers.flatMap((controller) => {
    const base = String(Reflect.getMetadata(PATH_METADATA, controller) ?? '');
    return handlersOf(controller).map(([name, handler]) => {
      const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as number] as string;
      const path = `/${[API_PREFIX, base, String(Reflect.getMetadata(PATH_METADATA, handler))]
        .flatMap((part) => part.split('/'))
        .filter(Boolean)
        .join('/')}`;
      return {
        controller: controller.name,
        handler: name,
        method,
        path,
        params: [...path.matchAll(/:([A-Za-z]+)/g)].map((match) => match[1] as string),
        status:
          (Reflect.getMetadata(HTTP_CODE_METADATA, handler) as number | undefined) ??
          (method === 'POST' ? 201 : 200),
        endpoint: endpointOf(handler),
      };
    });
  });
}

function handlersOf(controller: Type): [string, object][] {
  const proto = controller.prototype as Record<string, unknown>;
  return Object.getOwnPropertyNames(proto)
    .map((name): [string, unknown] => [name, Object.getOwnPropertyDescriptor(proto, name)?.value])
    .filter(
      (entry): entry is [string, object] =>
        typeof entry[1] === 'function' && Reflect.hasMetadata(METHOD_METADATA, entry[1]),
    );
}

/** Knows every route of this gateway: for 405 answers, for the API document, and for the check at start. */
export class RouteTable {
  private readonly patterns: { pattern: RegExp; method: string }[];

  /** @throws Error that names every route which says neither a capability nor that it is public */
  constructor(readonly routes: readonly Route[]) {
    const bare = routes
      .filter(({ endpoint }) => !endpoint)
      .map(({ controller, handler }) => `${controller}.${handler}`);
    if (bare.length > 0)
      throw new Error(
        `These routes have no @Endpoint, so nobody knows who may call them: ${bare.join(', ')}.`,
      );
    this.patterns = routes.map(({ method, path }) => ({
      method,
      pattern: new RegExp(`^${path.replace(/:[A-Za-z]+/g, '[^/]+')}/?$`),
    }));
  }

  /** The methods that `path` takes; empty when there is no such path. */
  methodsAt(path: string): string[] {
    return [
      ...new Set(this.patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)),
    ];
  }
}
