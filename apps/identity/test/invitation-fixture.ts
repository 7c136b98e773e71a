import {
  invitationsApi,
  inviteesApi,
  type Invitation,
  type InvitationsApi,
  type InviteesApi,
  type Role,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { MailSink, type TestService } from '@leadwire/testing';
import { startIdentity } from './identity-client.js';

/** Identity with a mail server that keeps what it is given, and both ends of an invitation. */
export class InvitationFixture {
  private constructor(
    readonly service: TestService,
    readonly sink: MailSink,
    readonly invitations: InvitationsApi,
    readonly invitees: InviteesApi,
  ) {}

  static async start(): Promise<InvitationFixture> {
    const sink = await MailSink.start();
    const service = await startIdentity({ MAIL_SMTP_URL: sink.url });
    return new InvitationFixture(service, sink, service.client(invitationsApi), service.client(inviteesApi));
  }

  /** Invites one address and answers the invitation with the token of its mail. */
  async invite(ctx: Ctx, email: string, role: Role = 'agent'): Promise<Invitation & { token: string }> {
    const { results } = await this.invitations.create(ctx, { invitations: [{ email, role }] });
    const invitation = results[0]?.invitation;
    if (!invitation) throw new Error(`not invited: ${JSON.stringify(results)}`);
    return { ...invitation, token: await this.sink.tokenFor(invitation.email, 'invites you') };
  }

  /** Makes an account's address a confirmed one. */
  async verify(userId: string): Promise<void> {
    await this.service.database.query('UPDATE identity.users SET email_verified = true WHERE id = $1', [
      userId,
    ]);
  }

  async stop(): Promise<void> {
    await this.service.stop();
    await this.sink.stop();
  }
}

/** `ok`, or the code that something failed with. */
export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    (error: { code: string }) => error.code,
  );
