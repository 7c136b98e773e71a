import { createHash, createHmac, randomBytes } from 'node:crypto';
import { SecretBox } from '@leadwire/security';
import { LOG_IN_HANDLE, LogInProvider } from './log-in-provider.ts';
import type { Person } from './person.ts';
import type { Means, Team } from './team.ts';

const INSERT_INVITATION = `
  INSERT INTO identity.tenant_invitations (id, tenant_id, email, role, invited_by, invitation_token, expires_at, message, last_sent_at)
  VALUES ($1, $2, $3, 'viewer', $4, $5, now() + interval '1 day', $6, now() - interval '2 days')
  ON CONFLICT (tenant_id, email) WHERE accepted_at IS NULL AND deleted_at IS NULL DO UPDATE
  SET invitation_token = excluded.invitation_token`;
const VERIFY_ADDRESS = `UPDATE identity.users SET email_verified = true WHERE id = $1`;
const FORGET_INVITATION_MAILS = `
  UPDATE identity.tenant_invitations
  SET last_sent_at = now() - interval '2 days'
  WHERE id IN (
    SELECT id
    FROM identity.tenant_invitations
    WHERE tenant_id = $1 AND last_sent_at > now() - interval '1 day'
    ORDER BY id
    FOR UPDATE)`;
const INSERT_TOKEN = `
  INSERT INTO identity.one_time_tokens (id, token_hash, purpose, user_id, data, expires_at, created_at)
  VALUES ($1, $2, $3, $4, $5, now() + interval '1 hour', now())`;
const INSERT_EMAIL_CHANGE = `
  INSERT INTO identity.email_changes (user_id, id, old_email, new_email, old_confirmed_at, expires_at, created_at)
  VALUES ($1, $2, $3, $4, now(), now() + interval '1 hour', now())`;
const SET_PHONE = `UPDATE identity.users SET phone = $2, phone_verified = false WHERE id = $1`;
const INSERT_SIGN_UP_LINK = `
  INSERT INTO identity.sign_up_links (token_hash, email, expires_at, created_at)
  VALUES ($1, $2, now() + interval '1 hour', now())`;
const INSERT_TICKET = `
  INSERT INTO identity.oidc_tickets (id, token_hash, sealed, expires_at)
  VALUES ($1, $2, $3, now() + interval '10 minutes')`;
const LINK_IDENTITY = `
  INSERT INTO identity.user_identities (id, user_id, provider, provider_user_id, provider_data)
  VALUES ($1, $2, $3, $4, $5)`;

/** Words for what a link in a mail is for, as identity stores them. */
type LinkPurpose = 'verify-email' | 'change-email-new' | 'reset-password';

const newSecret = (): string => randomBytes(32).toString('base64url');
const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** @throws Error in a team of an instance that is no proof's */
export function meansOf({ world }: Team): Means {
  if (!world.means) throw new Error('This takes what only the instance of a proof gives.');
  return world.means;
}

/** The token of an invitation into the team, as its mail would bring it. It counts for none of the limits on mails. */
export async function plantInvitation(
  { world, tenantId, owner, marker }: Team,
  email: string,
  id: string = crypto.randomUUID(),
): Promise<string> {
  const token = newSecret();
  const hash = hashOf(token).toString('hex');
  const row = [id, tenantId, email, owner.userId, hash, `Message ${marker}`];
  await world.database.query(INSERT_INVITATION, row);
  return token;
}

/** The same for the address of an account, which must be known to be its owner's. */
export async function plantInvitationOf(team: Team, { userId, email }: Person): Promise<string> {
  await team.world.database.query(VERIFY_ADDRESS, [userId]);
  return plantInvitation(team, email);
}

/** The id of an invitation that may be sent again at once, in a team that has mailed nothing today. */
export async function plantOldInvitation(team: Team, email: string): Promise<string> {
  const id = crypto.randomUUID();
  await team.world.database.query(FORGET_INVITATION_MAILS, [team.tenantId]);
  await plantInvitation(team, email, id);
  return id;
}

/** The token of a link in a mail to somebody. */
export async function plantLink(
  { world }: Team,
  purpose: LinkPurpose,
  { userId }: Person,
  data: Record<string, string>,
): Promise<string> {
  const token = newSecret();
  const row = [crypto.randomUUID(), hashOf(token), purpose, userId, JSON.stringify(data)];
  await world.database.query(INSERT_TOKEN, row);
  return token;
}

/** The token that completes a change of somebody's address, whose old one has agreed. */
export async function plantEmailChange(team: Team, person: Person, newEmail: string): Promise<string> {
  const changeId = crypto.randomUUID();
  const change = [person.userId, changeId, person.email, newEmail];
  await team.world.database.query(INSERT_EMAIL_CHANGE, change);
  return plantLink(team, 'change-email-new', person, { changeId });
}

/** The code in a text to somebody's number. */
export async function plantPhoneCode(team: Team, { userId }: Person, phone: string): Promise<string> {
  const code = '271828';
  const id = crypto.randomUUID();
  const { database } = team.world;
  await database.query(SET_PHONE, [userId, phone]);
  const { identityKey } = meansOf(team);
  const hash = createHmac('sha256', identityKey).update(`one-time-code|${id}|${code}`).digest();
  await database.query(INSERT_TOKEN, [id, hash, 'verify-phone', userId, JSON.stringify({ phone })]);
  return code;
}

/** The token of a link to sign up with. */
export async function plantSignUpLink({ world }: Team, email: string): Promise<string> {
  const token = newSecret();
  await world.database.query(INSERT_SIGN_UP_LINK, [hashOf(token), email]);
  return token;
}

/** A ticket for somebody whom the provider vouched for and nobody here knows. */
export async function plantTicket(team: Team, email: string): Promise<string> {
  const { identityKey, provider } = meansOf(team);
  const ticket = newSecret();
  const id = crypto.randomUUID();
  const nobody = { firstName: null, lastName: null, objectId: null, directoryId: null };
  const person = { issuer: provider.issuer, subject: id, email, emailVerified: true, ...nobody };
  const place = { tenantId: 'platform', table: 'oidc_tickets', column: 'sealed', rowId: id };
  const content = JSON.stringify({ person, tokens: {}, providerKey: LogInProvider.key });
  const sealed = new SecretBox(identityKey).seal(place, content);
  await team.world.database.query(INSERT_TICKET, [id, hashOf(ticket), sealed]);
  return ticket;
}

/** What the browser of somebody who logs in with the provider brings back. */
export async function comeBack(
  team: Team,
  { userId, email }: Person,
  asked: { callback: 'page' | 'redirect'; tenantId?: string },
): Promise<Record<string, string>> {
  const { provider } = meansOf(team);
  const subject = crypto.randomUUID();
  const data = JSON.stringify({ key: LogInProvider.key });
  await team.world.database.query(LINK_IDENTITY, [
    crypto.randomUUID(),
    userId,
    provider.issuer,
    subject,
    data,
  ]);
  const response = await fetch(`${team.world.api}/v1/oidc/${LogInProvider.key}/log-ins`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...asked, handle: LOG_IN_HANDLE }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`a log-in with the provider → ${response.status} ${text}`);
  const { authorizationUrl } = JSON.parse(text) as { authorizationUrl: string };
  return provider.visit(authorizationUrl, { sub: subject, email, email_verified: true });
}
