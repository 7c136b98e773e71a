import { Controller, Delete, Get, Header, HttpCode, Post } from '@nestjs/common';
import {
  CreateInvitations,
  InvitationRef,
  invitationsApi,
  inviteesApi,
  ListInvitations,
  ShowInvitation,
  SignUpWithInvitation,
  type InvitationsApi,
  type InviteesApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** Invitations into the team. */
@Controller('invitations')
export class InvitationsController {
  constructor(
    @PassThrough(invitationsApi) private readonly invitations: InvitationsApi,
    @PassThrough(inviteesApi) private readonly invitees: InviteesApi,
  ) {}

  /** Asks up to 50 addresses into the team; each gets a mail with a link, and a result of its own. */
  @Post()
  @Endpoint(invitationsApi.create, { summary: 'Invite people' })
  create(@RequestCtx() ctx: Ctx, @Input() input: CreateInvitations) {
    return this.invitations.create(ctx, input);
  }

  /** The invitations of the team, newest first. */
  @Get()
  @Endpoint(invitationsApi.list, { summary: 'List the invitations' })
  list(@RequestCtx() ctx: Ctx, @Input() input: ListInvitations) {
    return this.invitations.list(ctx, input);
  }

  /** Sends an invitation again with a new link; it is open for seven days from now. */
  @Post(':invitationId/resend')
  @HttpCode(200)
  @Endpoint(invitationsApi.resend, { summary: 'Send an invitation again' })
  resend(@RequestCtx() ctx: Ctx, @Input() input: InvitationRef) {
    return this.invitations.resend(ctx, input);
  }

  /** Withdraws an invitation. */
  @Delete(':invitationId')
  @HttpCode(204)
  @Endpoint(invitationsApi.revoke, { summary: 'Withdraw an invitation' })
  remove(@RequestCtx() ctx: Ctx, @Input() input: InvitationRef) {
    return this.invitations.revoke(ctx, input);
  }

  /** What an invitation is for, to whoever has its token. The token stands in the body: addresses end up in logs. */
  @Post('show')
  @Header('cache-control', 'no-store')
  @HttpCode(200)
  @Endpoint(inviteesApi.show, { summary: 'Look at an invitation' })
  show(@RequestCtx() ctx: Ctx, @Input() input: ShowInvitation) {
    return this.invitees.show(ctx, input);
  }

  /** Joins the team with the account that is signed in, whose confirmed address must be the invited one. */
  @Post('accept')
  @HttpCode(200)
  @Endpoint(inviteesApi.accept, { summary: 'Accept an invitation' })
  accept(@RequestCtx() ctx: Ctx, @Input() input: ShowInvitation) {
    return this.invitees.accept(ctx, input);
  }

  /** Makes an account for the invited address, joins the team and begins a session. */
  @Post('sign-up')
  @Header('cache-control', 'no-store')
  @Endpoint(inviteesApi.signUp, { summary: 'Sign up with an invitation', session: 'answers' })
  signUp(@RequestCtx() ctx: Ctx, @Input() input: SignUpWithInvitation) {
    return this.invitees.signUp(ctx, input);
  }
}
