import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import {
  FileObjectStorage,
  ObjectStorage,
  OpsController,
  ProcessModule,
  type ConfigOf,
  type ServiceRuntime,
} from '@leadwire/platform';
import { AccessGuard } from './auth/access.guard.js';
import { AccessTokens } from './auth/access-tokens.js';
import { ApiKeyVerifier } from './auth/api-key-verifier.js';
import { BearerStrategy } from './auth/bearer.strategy.js';
import { BrowserSessions } from './auth/browser-sessions.js';
import { Revocations } from './auth/revocations.js';
import { SessionRights } from './auth/session-rights.js';
import { SigningKeys } from './auth/signing-keys.js';
import { EventStream } from './events/event-stream.js';
import type { gatewayConfig } from './gateway.config.js';
import { HealthController } from './health/health.controller.js';
import { ProblemFilter } from './http/problem.filter.js';
import { RouteTable, routesOf } from './http/route-table.js';
import { RateLimits } from './limits/rate-limits.js';
import { DocsController } from './openapi/docs.controller.js';

/** Open to everybody by decision, not by omission: health, metrics and the description of the API. */
export const OPEN_CONTROLLERS: readonly Type[] = [OpsController, HealthController, DocsController];

/** The one door for clients: HTTP in front, the services behind. */
@Module({})
export class GatewayModule {
  static forRoot(
    runtime: ServiceRuntime<ConfigOf<typeof gatewayConfig>>,
    controllers: Type[],
  ): DynamicModule {
    return {
      module: GatewayModule,
      imports: [ProcessModule.forRoot(runtime)],
      controllers: [...controllers, HealthController, DocsController],
      providers: [
        { provide: RouteTable, useValue: new RouteTable(routesOf(controllers)) },
        { provide: ObjectStorage, useValue: new FileObjectStorage(runtime.config.OBJECT_STORAGE_DIR) },
        SigningKeys,
        Revocations,
        AccessTokens,
        ApiKeyVerifier,
        BearerStrategy,
        SessionRights,
        RateLimits,
        EventStream,
        { provide: APP_GUARD, useClass: AccessGuard },
        BrowserSessions,
        { provide: APP_INTERCEPTOR, useExisting: BrowserSessions },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
    };
  }
}
