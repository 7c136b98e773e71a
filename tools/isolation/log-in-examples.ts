import { LOG_IN_HANDLE, LogInProvider } from './log-in-provider.ts';
import type { Example } from './operation-examples.ts';
import { Person } from './person.ts';
import { comeBack, plantInvitation, plantInvitationOf, plantTicket } from './planted.ts';
import { newcomer, type Team } from './team.ts';

const newAddress = ({ marker }: Team): string =>
  `joins-${crypto.randomUUID()}@${marker.toLowerCase()}.example.test`;
const newPassword = (): string => `a password of ${crypto.randomUUID()}`;
const credentialsOf = ({ email, password }: Person): object => ({ email, password });

/** A team that its owner, whose credentials these are, has closed. */
async function closedTeam({ world: { api }, marker }: Team): Promise<object> {
  const name = `Team ${crypto.randomUUID().slice(0, 8)} of ${marker}`;
  const owner = await Person.signUp(api, name, `closer-${crypto.randomUUID()}@leadwire.test`);
  const response = await fetch(`${api}/v1/tenant/close`, {
    method: 'POST',
    headers: { ...(await owner.headers()), 'content-type': 'application/json' },
    body: JSON.stringify({ name, password: owner.password }),
  });
  if (!response.ok) throw new Error(`closing a team → ${response.status} ${await response.text()}`);
  return { ...credentialsOf(owner), tenantId: owner.tenantId };
}

/** What a browser brings back from the provider, as somebody who has just come. */
async function broughtBack(team: Team, callback: 'page' | 'redirect'): Promise<Record<string, string>> {
  return comeBack(team, await newcomer(team), { callback });
}

/** How people get in: by password, with a provider, by an invitation, and into a team that was closed. */
export const LOG_IN_EXAMPLES: Record<string, Example> = {
  'identity.accounts.logIn': { body: async (team) => credentialsOf(await newcomer(team)) },
  'identity.accounts.logOut': { alone: 'person' },
  'identity.sessions.revokeOthers': { alone: 'person' },
  'identity.sessions.switchTenant': {
    alone: 'person',
    body: ({ secondTenantId }) => ({ tenantId: secondTenantId }),
  },
  'identity.accounts.refresh': {
    body: async (team) => ({ refreshToken: (await (await newcomer(team)).logIn()).refreshToken }),
  },
  'identity.accounts.signUp': {
    body: (team) => ({
      tenantName: `Team ${crypto.randomUUID().slice(0, 8)}`,
      email: newAddress(team),
      password: newPassword(),
    }),
  },
  'identity.identities.startLink': { body: () => ({ provider: LogInProvider.key }) },
  'gateway.oidc.redirected': {
    query: (team) => broughtBack(team, 'redirect'),
    headers: () => ({ cookie: `__Host-lw_oidc=${LOG_IN_HANDLE}` }),
    location: /^https?:\/\/[^/]+\/$/,
  },
  'identity.oidc.complete': {
    body: async (team) => ({
      ...(await broughtBack(team, 'page')),
      provider: LogInProvider.key,
      handle: LOG_IN_HANDLE,
    }),
  },
  'identity.oidc.signUp': {
    body: async (team) => ({
      ticket: await plantTicket(team, newAddress(team)),
      tenantName: `Team ${team.marker}`,
    }),
  },
  'identity.oidc.link': {
    body: async (team) => {
      const person = await newcomer(team);
      return { ticket: await plantTicket(team, person.email), ...credentialsOf(person) };
    },
  },
  'identity.invitees.show': {
    body: async (team) => ({ token: await plantInvitation(team, newAddress(team)) }),
  },
  'identity.invitees.accept': {
    alone: 'person',
    body: async (team, _ids, caller) => ({ token: await plantInvitationOf(team, caller) }),
  },
  'identity.invitees.signUp': {
    body: async (team) => ({
      token: await plantInvitation(team, newAddress(team)),
      password: newPassword(),
    }),
  },
  'identity.closing.restore': { body: closedTeam },
};
