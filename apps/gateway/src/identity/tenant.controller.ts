import { Controller, Get, Patch } from '@nestjs/common';
import { Nothing, tenantsApi, UpdateTenant, type TenantsApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

@Controller('tenant')
export class TenantController {
  constructor(@PassThrough(tenantsApi) private readonly tenants: TenantsApi) {}

  /** Reads the caller's team. */
  @Get()
  @Endpoint(tenantsApi.get, { summary: 'Read the team' })
  get(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.tenants.get(ctx, input);
  }

  /** Changes the given fields of the caller's team. */
  @Patch()
  @Endpoint(tenantsApi.update, { summary: 'Change the team' })
  update(@RequestCtx() ctx: Ctx, @Input() input: UpdateTenant) {
    return this.tenants.update(ctx, input);
  }
}
