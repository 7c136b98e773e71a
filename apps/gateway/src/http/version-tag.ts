import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { fieldsOf, type Class } from '@leadwire/contracts';
import { requestErrors } from '@leadwire/kernel';
import { RawJson } from '@leadwire/messaging';
import type { FastifyReply } from 'fastify';
import { map, type Observable } from 'rxjs';

const TAG = /^(?:W\/)?"(\d{1,15})"$/;

/** Whether instances carry the version that two people's changes are told apart by. */
export function isVersioned(cls: Class | undefined): boolean {
  return cls !== undefined && fieldsOf(cls).has('version');
}

/**
 * The version that an `If-Match` header (RFC 9110 §13.1.1) names: the tag of the answer that was read. `*` names none.
 * @throws AppError `request.invalid` for anything else, and where `input` has no version to match: a condition that we
 * cannot check must not be passed over
 */
export function versionOf(ifMatch: string | undefined, input: Class): number | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  const detail = isVersioned(input)
    ? 'If-Match must be the ETag that was read, e.g. "3"'
    : 'If-Match is not supported here';
  const [, version] = TAG.exec(ifMatch.trim()) ?? [];
  if (!isVersioned(input) || version === undefined)
    throw requestErrors.invalid({ errors: [{ pointer: '', code: 'if_match', detail }] });
  return Number(version);
}

/** Sends the version of what is answered as its `ETag`, for a later `If-Match`. */
export class VersionTag implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      map((answer: unknown) => {
        const version = versionIn(answer);
        if (version !== undefined)
          void context.switchToHttp().getResponse<FastifyReply>().header('etag', `"${version}"`);
        return answer;
      }),
    );
  }
}

function versionIn(answer: unknown): number | undefined {
  const { version } = (
    answer instanceof RawJson ? JSON.parse(Buffer.from(answer.bytes).toString()) : answer
  ) as { version?: unknown };
  return typeof version === 'number' ? version : undefined;
}
