import { setTimeout as wait } from 'node:timers/promises';
import type { SpentTokens } from './actors.ts';
import { JSON_TYPE } from './openapi.ts';
import { bearer, type Person } from './person.ts';
import { send } from './request.ts';
import { newMember, type Team } from './team.ts';
import type { PlatformKey } from './tokens.ts';

/** Ends of sessions reach the gateway as events; they hold within a second where the machine has any. */
const REFUSED_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 20;

/** Access tokens of a team's members that have not expired and must not work any more. */
export async function spentTokens(api: string, team: Team, key: PlatformKey): Promise<SpentTokens> {
  return {
    'logged out': await spent({ api, team, key }, (_, headers) =>
      call(api, 'DELETE', '/v1/sessions/current', headers),
    ),
    demoted: await spent({ api, team, key }, async ({ userId }) => {
      await call(api, 'PATCH', `/v1/members/${userId}`, await team.owner.headers(), { role: 'viewer' });
    }),
    removed: await spent({ api, team, key }, async ({ userId }) => {
      await call(api, 'DELETE', `/v1/members/${userId}`, await team.owner.headers());
    }),
  };
}

type Place = { api: string; team: Team; key: PlatformKey };
type Happening = (person: Person, headers: Record<string, string>) => Promise<void>;

/** The token of a new member after `happen`, once the gateway knows. */
async function spent({ api, team, key }: Place, happen: Happening): Promise<string> {
  const person = await newMember(team, 'admin', crypto.randomUUID());
  const { accessToken } = await person.logIn();
  const token = await key.lasting(accessToken);
  await happen(person, bearer(token));
  await untilAnswered(api, bearer(token), 401);
  return token;
}

/** Waits until a token is refused with `status`. @throws Error when that takes longer than any revocation may */
export async function untilAnswered(
  api: string,
  headers: Record<string, string>,
  status: number,
): Promise<void> {
  const deadline = Date.now() + REFUSED_WITHIN_MS;
  while ((await send(api, { method: 'GET', target: '/v1/me', headers })).status !== status) {
    if (Date.now() > deadline) throw new Error(`A token that was taken away is not answered ${status}.`);
    await wait(LOOK_EVERY_MS);
  }
}

async function call(
  api: string,
  method: string,
  target: string,
  headers: Record<string, string>,
  body?: object,
): Promise<void> {
  const json = body
    ? { body: JSON.stringify(body), headers: { ...headers, 'content-type': JSON_TYPE } }
    : { headers };
  const { status, text } = await send(api, { method, target, ...json });
  if (status >= 300) throw new Error(`${method} ${target} → ${status} ${text}`);
}
