import type { Api, ApiMethod } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { RpcServer, type NatsConnection } from '@leadwire/messaging';
import { CtxVerifier } from '@leadwire/security';

export type Handlers = Record<string, (ctx: Ctx, input: never) => unknown>;

/** Serves methods of APIs over real NATS as a service would, with what a test wants them to answer. */
export async function serveFake(
  nats: NatsConnection,
  gatewayKey: Buffer,
  service: string,
  handlers: [Api, Handlers][],
): Promise<RpcServer> {
  const server = new RpcServer({
    service,
    nats,
    verifier: new CtxVerifier(new Map([['gateway', gatewayKey]])),
  });
  for (const [api, methods] of handlers) {
    for (const [name, handle] of Object.entries(methods)) {
      const method = api.methods[name] as ApiMethod;
      server.addHandler(
        method.subject,
        async (input: unknown, ctx: unknown) => handle(ctx as Ctx, input as never),
        false,
        { method },
      );
    }
  }
  await new Promise<void>((resolve, reject) => server.listen((error) => (error ? reject(error) : resolve())));
  return server;
}
