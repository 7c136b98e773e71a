import { Controller, Delete, Get, HttpCode, Put } from '@nestjs/common';
import {
  MemberRef,
  MemberRightRef,
  memberRightsApi,
  SetMemberRight,
  type MemberRightsApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** What one member is granted or denied beside their role. */
@Controller('members/:userId/rights')
export class MemberRightsController {
  constructor(@PassThrough(memberRightsApi) private readonly rights: MemberRightsApi) {}

  /** What a member may do, by role and in particular. */
  @Get()
  @Endpoint(memberRightsApi.get, { summary: "Read a member's rights" })
  get(@RequestCtx() ctx: Ctx, @Input() input: MemberRef) {
    return this.rights.get(ctx, input);
  }

  /** Gives one right beyond the role, or takes one that the role would give. */
  @Put(':capability')
  @Endpoint(memberRightsApi.set, { summary: 'Give or take a right of a member' })
  set(@RequestCtx() ctx: Ctx, @Input() input: SetMemberRight) {
    return this.rights.set(ctx, input);
  }

  /** Leaves one right to the role again. */
  @Delete(':capability')
  @HttpCode(204)
  @Endpoint(memberRightsApi.unset, { summary: 'Leave a right of a member to the role' })
  unset(@RequestCtx() ctx: Ctx, @Input() input: MemberRightRef) {
    return this.rights.unset(ctx, input);
  }
}
