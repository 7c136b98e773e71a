import { Controller, Delete, Get, HttpCode, Patch } from '@nestjs/common';
import { ChangeMember, ListMembers, MemberRef, membersApi, type MembersApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** Who belongs to the team, and as what. */
@Controller('members')
export class MembersController {
  constructor(@PassThrough(membersApi) private readonly members: MembersApi) {}

  /** The people of the team, in the order in which they joined. */
  @Get()
  @Endpoint(membersApi.list, { summary: 'List the members' })
  list(@RequestCtx() ctx: Ctx, @Input() input: ListMembers) {
    return this.members.list(ctx, input);
  }

  /** One of the team's people. */
  @Get(':userId')
  @Endpoint(membersApi.get, { summary: 'Read a member' })
  get(@RequestCtx() ctx: Ctx, @Input() input: MemberRef) {
    return this.members.get(ctx, input);
  }

  /** Gives a member another role: none above the caller's own, and none to somebody above the caller. */
  @Patch(':userId')
  @Endpoint(membersApi.update, { summary: 'Change the role of a member' })
  update(@RequestCtx() ctx: Ctx, @Input() input: ChangeMember) {
    return this.members.update(ctx, input);
  }

  /** Takes a member out of the team; their sessions in it end at once. */
  @Delete(':userId')
  @HttpCode(204)
  @Endpoint(membersApi.remove, { summary: 'Remove a member' })
  remove(@RequestCtx() ctx: Ctx, @Input() input: MemberRef) {
    return this.members.remove(ctx, input);
  }
}
