import { setTimeout as wait } from 'node:timers/promises';
import type { SpentTokens } from './actors.ts';
import { bearer, type Person } from './person.ts';
import { send } from './request.ts';
import { newMember, type Team } from './team.ts';

/** Ends of sessions reach the gateway as events; they hold within a second, and far sooner here. */
const REFUSED_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 20;

/** Access tokens of a team's members that have not expired and must not work any more. */
export async function spentTokens(api: string, team: Team): Promise<SpentTokens> {
  return {
    'logged out': await spent(api, team, (_, headers) =>
      call(api, 'DELETE', '/v1/sessions/current', headers),
    ),
    removed: await spent(api, team, async ({ userId }) => {
      await call(api, 'DELETE', `/v1/members/${userId}`, await team.owner.headers());
    }),
  };
}

type Happening = (person: Person, headers: Record<string, string>) => Promise<void>;

/** The token of a new member after `happen`, once the gateway knows. @throws Error when it never does */
async function spent(api: string, team: Team, happen: Happening): Promise<string> {
  const person = await newMember(team, 'admin', crypto.randomUUID());
  const { accessToken } = await person.logIn();
  const headers = bearer(accessToken);
  await happen(person, headers);
  const deadline = Date.now() + REFUSED_WITHIN_MS;
  while ((await send(api, { method: 'GET', target: '/v1/me', headers })).status !== 401) {
    if (Date.now() > deadline) throw new Error('A token goes on working after its session has ended.');
    await wait(LOOK_EVERY_MS);
  }
  return accessToken;
}

async function call(
  api: string,
  method: string,
  target: string,
  headers: Record<string, string>,
): Promise<void> {
  const { status, text } = await send(api, { method, target, headers });
  if (status >= 300) throw new Error(`${method} ${target} → ${status} ${text}`);
}
