import { applyDecorators, Catch, Controller, UseFilters, type ExceptionFilter } from '@nestjs/common';
import { Ctx as TransportCtx, MessagePattern, Payload } from '@nestjs/microservices';
import type { Api, ApiMethod } from '@leadwire/contracts';
import { throwError, type Observable } from 'rxjs';

/** Marks handlers of our request/reply transport, so that Nest gives them to no other. */
export const RPC_TRANSPORT = Symbol('leadwire:rpc');

export type ServesExtras = { method: ApiMethod };

/**
 * Serves an API with the class that does the work: each method of the contract becomes a message handler on its subject,
 * called as `(ctx, input)` with a verified context, a checked right and a validated input.
 */
export function Serves<S>(api: Api<S>): <T extends new (...args: never[]) => S>(target: T) => void {
  return (target) => {
    for (const method of Object.values(api.methods)) {
      const descriptor = Object.getOwnPropertyDescriptor(target.prototype, method.name);
      if (!descriptor) throw new Error(`${target.name} does not implement ${method.subject}.`);
      TransportCtx()(target.prototype, method.name, 0);
      Payload()(target.prototype, method.name, 1);
      MessagePattern(method.subject, RPC_TRANSPORT as never, { method } satisfies ServesExtras)(
        target.prototype,
        method.name,
        descriptor,
      );
    }
    applyDecorators(Controller(), UseFilters(AsItIsFilter))(target);
  };
}

/** Nest turns any error that is no RpcException into "Internal server error"; our transports map errors themselves. */
@Catch()
export class AsItIsFilter implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}
