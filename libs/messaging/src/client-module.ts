import { Inject, Module, type DynamicModule } from '@nestjs/common';
import { allApis } from '@leadwire/contracts';
import { clientOf, RpcClient } from './rpc-client.js';

const clientToken = (name: string, raw: boolean) => `rpc-client:${name}${raw ? ':raw' : ''}`;

/** Injects the typed client of an API: `constructor(@Client(notesApi) private readonly notes: NotesApi)`. */
export function Client(api: { name: string }): ParameterDecorator {
  return Inject(clientToken(api.name, false));
}

/** Like {@link Client}, for callers that pass the answer on unread: it arrives as RawJson under the type of the answer. */
export function PassThrough(api: { name: string }): ParameterDecorator {
  return Inject(clientToken(api.name, true));
}

/** Provides a client for every declared API; an `RpcClient` must be provided globally. */
@Module({})
export class RpcClientsModule {
  static forRoot(): DynamicModule {
    const providers = allApis().flatMap((api) =>
      [false, true].map((raw) => ({
        provide: clientToken(api.name, raw),
        useFactory: (rpc: RpcClient) => clientOf(api, rpc, raw),
        inject: [RpcClient],
      })),
    );
    return { module: RpcClientsModule, global: true, providers, exports: providers.map((p) => p.provide) };
  }
}
