import type { Example } from './operation-examples.ts';
import type { Person } from './person.ts';
import { plantEmailChange, plantLink, plantPhoneCode, plantSignUpLink } from './planted.ts';
import { newcomer, newMember, type Team } from './team.ts';

/** The smallest picture there is: one pixel. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let count = 0;
const newPassword = (): string => `a new password of ${crypto.randomUUID()}`;
const newAddress = ({ marker }: Team): string => `new-${count++}-${marker.toLowerCase()}@example.test`;
// Texts to one number are rationed, whoever asks for them.
const newPhone = (): string => `+4930${1_000_000 + count++}`;

/** The token in a mail to somebody who has just come, about their address. */
async function linkOf(team: Team, purpose: 'verify-email' | 'reset-password'): Promise<string> {
  const person = await newcomer(team);
  return plantLink(team, purpose, person, { email: person.email });
}

function pictureForm(): FormData {
  const form = new FormData();
  form.set('file', new Blob([PIXEL], { type: 'image/png' }), 'me.png');
  return form;
}

/** @throws Error when the caller may not do it after all */
async function as(
  { world }: Team,
  caller: Person,
  method: string,
  path: string,
  body: FormData | object,
): Promise<void> {
  const isForm = body instanceof FormData;
  const headers = {
    ...(await caller.headers()),
    ...(isForm ? {} : { 'content-type': 'application/json' }),
  };
  const sent = { method, headers, body: isForm ? body : JSON.stringify(body) };
  const response = await fetch(`${world.api}/v1${path}`, sent);
  if (!response.ok) throw new Error(`${method} ${path} → ${response.status} ${await response.text()}`);
}

/** A member whose picture there is to see. */
export async function memberWithPicture(team: Team): Promise<string> {
  const person = await newMember(team, 'agent', crypto.randomUUID());
  await as(team, person, 'POST', '/me/avatar', pictureForm());
  return person.userId;
}

/** How the operations on one's own account are called. */
export const ACCOUNT_EXAMPLES: Record<string, Example> = {
  'identity.profile.update': { body: ({ marker }) => ({ lastName: `Changed ${marker}` }) },
  'identity.profile.setAvatar': { form: pictureForm },
  'identity.profile.sendPhoneCode': {
    alone: 'person',
    // What it needs is set up while the body, of which it has none, is made.
    body: (team, _ids, caller) => as(team, caller, 'PATCH', '/me', { phone: newPhone() }),
  },
  'identity.profile.confirmPhone': {
    alone: 'person',
    body: async (team, _ids, caller) => ({ code: await plantPhoneCode(team, caller, newPhone()) }),
  },
  'identity.emails.requestChange': {
    alone: 'person',
    body: (team, _ids, { password }) => ({ email: newAddress(team), password }),
  },
  'identity.emails.sendVerification': { alone: 'person' },
  'identity.emails.verify': { body: async (team) => ({ token: await linkOf(team, 'verify-email') }) },
  'identity.emails.confirmChange': {
    body: async (team) => ({ token: await plantEmailChange(team, await newcomer(team), newAddress(team)) }),
  },
  'identity.passwords.change': {
    alone: 'person',
    body: (_team, _ids, { password }) => ({ currentPassword: password, password: newPassword() }),
  },
  'identity.passwords.requestReset': { body: (team) => ({ email: newAddress(team) }) },
  'identity.sign-up-links.request': { body: (team) => ({ email: newAddress(team) }) },
  'identity.sign-up-links.confirm': {
    body: async (team) => ({
      token: await plantSignUpLink(team, newAddress(team)),
      tenantName: `Team ${team.marker}`,
      password: newPassword(),
    }),
  },
  'identity.passwords.reset': {
    body: async (team) => ({ token: await linkOf(team, 'reset-password'), password: newPassword() }),
  },
};
