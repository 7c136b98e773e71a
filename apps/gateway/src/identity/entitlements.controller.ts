import { Controller, Get } from '@nestjs/common';
import { entitlementsApi, ReadEntitlements, type EntitlementsApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** What the caller may do here, and which rule says so. */
@Controller('me/entitlements')
export class EntitlementsController {
  constructor(@PassThrough(entitlementsApi) private readonly entitlements: EntitlementsApi) {}

  /** Features, capabilities and flags of the signed-in person: what holds, which rule decided, and with `?explain` why. */
  @Get()
  @Endpoint(entitlementsApi.mine, { summary: 'Read what the signed-in user has, and why' })
  get(@RequestCtx() ctx: Ctx, @Input() input: ReadEntitlements) {
    return this.entitlements.mine(ctx, input);
  }
}
