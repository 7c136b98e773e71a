import { Controller, Get, HttpCode, Patch, Post } from '@nestjs/common';
import {
  CloseTeam,
  closingApi,
  membersApi,
  Nothing,
  tenantsApi,
  TransferOwnership,
  UpdateTenant,
  type ClosingApi,
  type MembersApi,
  type TenantsApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** The team that the caller works in. */
@Controller('tenant')
export class TenantController {
  constructor(
    @PassThrough(tenantsApi) private readonly tenants: TenantsApi,
    @PassThrough(closingApi) private readonly closing: ClosingApi,
    @PassThrough(membersApi) private readonly members: MembersApi,
  ) {}

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

  /** Makes another member the owner; whoever hands over becomes an admin. Takes the caller's password once more. */
  @Post('ownership')
  @HttpCode(200)
  @Endpoint(membersApi.transferOwnership, { summary: 'Hand the team over' })
  transferOwnership(@RequestCtx() ctx: Ctx, @Input() input: TransferOwnership) {
    return this.members.transferOwnership(ctx, input);
  }

  /** Closes the team. An owner can restore it for a while; then its data is erased. */
  @Post('close')
  @HttpCode(200)
  @Endpoint(closingApi.close, { summary: 'Close the team' })
  close(@RequestCtx() ctx: Ctx, @Input() input: CloseTeam) {
    return this.closing.close(ctx, input);
  }
}
