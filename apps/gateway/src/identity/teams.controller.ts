import { Controller, Delete, Get, HttpCode, Post } from '@nestjs/common';
import {
  closingApi,
  CreateTeam,
  membersApi,
  Nothing,
  PageRequest,
  teamsApi,
  RestoreTeam,
  type ClosingApi,
  type MembersApi,
  type TeamsApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** The caller's teams. */
@Controller()
export class TeamsController {
  constructor(
    @PassThrough(teamsApi) private readonly teams: TeamsApi,
    @PassThrough(closingApi) private readonly closing: ClosingApi,
    @PassThrough(membersApi) private readonly members: MembersApi,
  ) {}

  /** Makes a further team that the caller owns; the session stays in its team. */
  @Post('tenants')
  @Endpoint(teamsApi.create, { summary: 'Make a further team' })
  create(@RequestCtx() ctx: Ctx, @Input() input: CreateTeam) {
    return this.teams.create(ctx, input);
  }

  /** Opens a closed team again, for an owner who shows address and password; then they log in. */
  @Post('tenants/restore')
  @HttpCode(200)
  @Endpoint(closingApi.restore, { summary: 'Restore a closed team' })
  restore(@RequestCtx() ctx: Ctx, @Input() input: RestoreTeam) {
    return this.closing.restore(ctx, input);
  }

  /** The teams that the caller belongs to, suspended and closed ones too. */
  @Get('me/tenants')
  @Endpoint(teamsApi.list, { summary: 'List my teams' })
  list(@RequestCtx() ctx: Ctx, @Input() input: PageRequest) {
    return this.teams.list(ctx, input);
  }

  /** Leaves the team of the session; the session ends with it. */
  @Delete('me/membership')
  @HttpCode(204)
  @Endpoint(membersApi.leave, { summary: 'Leave the team' })
  leave(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.members.leave(ctx, input);
  }
}
