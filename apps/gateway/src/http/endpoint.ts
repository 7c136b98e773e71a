import {
  applyDecorators,
  createParamDecorator,
  HttpCode,
  SetMetadata,
  UseInterceptors,
  type ExecutionContext,
} from '@nestjs/common';
import type { ApiMethod } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import type { FastifyRequest } from 'fastify';
import { inputOf } from './input.js';
import { httpErrors } from './problem.js';
import { isVersioned, VersionTag, versionOf } from './version-tag.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, until when, under which ids; set by the access guard before any handler runs. */
    ctx: Ctx;
  }
}

const ENDPOINT = 'leadwire:endpoint';
const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

export type EndpointOptions = {
  /** One line for the API page, e.g. `Add a note to a lead`. */
  summary: string;
  /** Status of success where Nest's default (201 for POST, 200 otherwise) is not meant. */
  status?: number;
  /** Body of the request where it is not JSON: the named parts of a form, of which `file` is a file. */
  form?: Readonly<Record<string, string>>;
  /** Content type of the answer where it is not JSON. */
  produces?: string;
  /** What it does for the session of a browser, whose tokens live in cookies: see BrowserSessions. */
  session?: 'answers' | 'renews' | 'ends';
};
export type EndpointMetadata = EndpointOptions & { method: ApiMethod };

/**
 * Says which method of which contract a route offers. Right, input, result and errors are the contract's; a route without
 * it keeps the gateway from starting.
 */
export function Endpoint(method: ApiMethod, options: EndpointOptions): MethodDecorator {
  const metadata: EndpointMetadata = { ...options, method };
  return applyDecorators(
    SetMetadata(ENDPOINT, metadata),
    ...(options.status ? [HttpCode(options.status)] : []),
    ...(isVersioned(method.output) ? [UseInterceptors(VersionTag)] : []),
  );
}

/** What {@link Endpoint} said about a handler. */
export function endpointOf(handler: object): EndpointMetadata | undefined {
  return Reflect.getMetadata(ENDPOINT, handler) as EndpointMetadata | undefined;
}

/** The caller, as the access guard established it. */
export const RequestCtx = createParamDecorator(
  (_: unknown, context: ExecutionContext): Ctx => requestOf(context).ctx,
);

/**
 * Path, query, JSON body and the version of `If-Match` merged into the method's input class, validated.
 * @throws AppError `request.invalid` with a pointer for each broken rule, `request.unsupported_media` for a form
 */
export const Input = createParamDecorator((_: unknown, context: ExecutionContext): object => {
  const endpoint = endpointOf(context.getHandler());
  if (!endpoint) throw new Error(`${context.getHandler().name} takes @Input() but has no @Endpoint().`);
  const request = requestOf(context);
  // The parser of uploads takes every form; to whoever reads no parts, its body would look like none at all.
  if (request.isMultipart()) throw httpErrors.unsupported_media();
  const { input } = endpoint.method;
  const version = WRITES.has(request.method) ? versionOf(request.headers['if-match'], input) : undefined;
  return inputOf(input, request, version === undefined ? {} : { version });
});

function requestOf(context: ExecutionContext): FastifyRequest {
  return context.switchToHttp().getRequest<FastifyRequest>();
}
