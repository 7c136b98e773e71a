import { ROLE_CAPABILITIES, ROLES, type Role } from '@leadwire/contracts';
import { COMMON_NAMES, EXAMPLES } from './operation-examples.ts';
import type { Expectation } from './judge.ts';
import type { Operation } from './openapi.ts';
import { bearer, type Person } from './person.ts';
import type { Team } from './team.ts';
import type { BadTokens } from './tokens.ts';

/** Somebody who calls every operation, and what each must answer them. */
export type Actor = {
  name: string;
  /** Who fills in the bodies, with texts of their own. */
  author: Team;
  /** Whose resources the paths name. */
  target: Team;
  /** Who they are, and as what in the team of the author; absent for whoever has no session. */
  signedIn?: { person: Person; role: Role };
  /** What they show instead of a session. */
  headers: Record<string, string>;
  expects: (operation: Operation) => Expectation;
};

const isPublic = ({ capability }: Operation): boolean => capability === 'public';

/** What an operation answers to whoever may call it. */
export function success(operation: Operation): Expectation {
  const location = EXAMPLES[operation.id]?.location;
  return { statuses: operation.successes, location, why: 'whoever may is let through' };
}

/** Whoever shows nothing, or nothing that counts. */
function withoutSession(name: string, teams: Teams, headers: Record<string, string>): Actor {
  return {
    name,
    author: teams.home,
    target: teams.victim,
    headers,
    expects: (operation) =>
      isPublic(operation) ? success(operation) : { statuses: [401], why: 'nobody is signed in' },
  };
}

/** A member of the team whose resources are named. */
export function member(role: Role, target: Team): Actor {
  return {
    name: role,
    author: target,
    target,
    signedIn: { person: target.members[role], role },
    headers: {},
    expects: (operation) =>
      mayCall(role, operation)
        ? success(operation)
        : { statuses: [403], why: `${role} lacks ${operation.capability}` },
  };
}

function mayCall(role: Role, { capability }: Operation): boolean {
  if (capability === 'public' || capability === 'signed-in') return true;
  return ROLE_CAPABILITIES[role].some((held) => held === capability);
}

/** What the key of the proof may do; everything else it must be refused. */
export const KEY_SCOPE = 'tenant.read';

/** A program with a key of an owner that has next to no scopes: what its owner may is nothing to it. */
function keyWithoutScope({ home }: Teams, secret: string): Actor {
  return {
    name: 'API key without scope',
    author: home,
    target: home,
    headers: bearer(secret),
    expects: (operation) =>
      isPublic(operation) || operation.capability === KEY_SCOPE ? success(operation) : lacksScope(operation),
  };
}

/** The same key at what is another team's. */
function keyElsewhere({ home, victim }: Teams, secret: string): Actor {
  return {
    name: 'API key elsewhere',
    author: home,
    target: victim,
    headers: bearer(secret),
    expects: (operation) => {
      if (isPublic(operation)) return success(operation);
      if (operation.capability !== KEY_SCOPE) return lacksScope(operation);
      return namesResource(operation) ? FOREIGN : success(operation);
    },
  };
}

const lacksScope = ({ capability }: Operation): Expectation => ({
  statuses: [403],
  why: `the key lacks ${capability}`,
});
const FOREIGN: Expectation = { statuses: [404], why: "what is another team's does not exist" };

/** Whether a path is about something of a team. */
export function namesResource({ pathParameters }: Operation): boolean {
  return pathParameters.some(({ name }) => !COMMON_NAMES.includes(name));
}

/** The owner of a team that was suspended, with a token from before. */
function suspendedOwner({ home }: Teams, token: string): Actor {
  return {
    name: 'suspended',
    author: home,
    target: home,
    headers: bearer(token),
    expects: (operation) =>
      isPublic(operation) ? success(operation) : { statuses: [403], why: 'the team is suspended' },
  };
}

/** The owner of another team, who may do everything there and nothing here. */
export function stranger({ victim, home }: Teams): Actor {
  return {
    name: 'stranger',
    author: home,
    target: victim,
    signedIn: { person: home.owner, role: 'owner' },
    headers: {},
    expects: (operation) => (namesResource(operation) && !isPublic(operation) ? FOREIGN : success(operation)),
  };
}

/** `victim` is never touched; `home` is the team that acts. */
export type Teams = { victim: Team; home: Team };

/** Tokens that were good until something happened: by what happened. */
export type SpentTokens = Record<string, string>;

/** What is good in itself and must open nothing: of a suspended team's owner, and a key without scopes. */
export type HeldTokens = { suspended: string; key: string };

/** Everybody that the proof knows. */
export function actorsOf(teams: Teams, bad: BadTokens, spent: SpentTokens, held: HeldTokens): Actor[] {
  const shows = (name: string, token: string) => withoutSession(name, teams, bearer(token));
  return [
    withoutSession('no token', teams, {}),
    shows('expired', bad.expired),
    shows('forged', bad.forged),
    shows('alg none', bad.unsigned),
    shows('alg HS256', bad.confused),
    shows('altered', bad.altered),
    ...Object.entries(spent).map(([what, token]) => shows(what, token)),
    suspendedOwner(teams, held.suspended),
    keyWithoutScope(teams, held.key),
    keyElsewhere(teams, held.key),
    stranger(teams),
    ...ROLES.map((role) => member(role, teams.home)),
  ];
}
