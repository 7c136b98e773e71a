import { ROLES, type Role } from '@leadwire/contracts';
import type pg from 'pg';
import { ApiClient } from '../demo/client.ts';
import { followToTheEnd, launchMainJob, type Smtp } from '../demo/main-job.ts';
import { memberWithPicture } from './account-examples.ts';
import type { LogInProvider } from './log-in-provider.ts';
import { Person } from './person.ts';
import { RESOURCES } from './operation-examples.ts';

const MAIN_JOB_DEADLINE_MS = 60_000;
const quiet = (): void => undefined;
// With the owner's password, for a hash of one's own is the dearest part of an account.
const INSERT_MEMBER = `
  WITH person AS (
    INSERT INTO identity.users (id, email, password_hash, first_name, last_name, primary_tenant_id, password_changed_at)
    SELECT $1, $2, password_hash, $3, $4, $5, password_changed_at
    FROM identity.users
    WHERE id = $6
    RETURNING id)
  INSERT INTO identity.memberships (id, user_id, tenant_id, role, invited_by)
  SELECT gen_random_uuid(), person.id, team.id, $7, $6
  FROM person, unnest($8::uuid[]) AS team (id)`;

/** What an instance of a proof gives beyond its API, to make what only a mail, a text or a provider would bring. */
export type Means = {
  /** Seals and hashes what identity keeps. */
  identityKey: Buffer;
  /** Signs what the payment provider sends. */
  webhookSecret: string;
  provider: LogInProvider;
};
export type World = { api: string; smtp: Smtp; database: pg.Pool; means?: Means };

/** A team with one member of each role, one example of each resource, and its name in every text it has. */
export type Team = {
  world: World;
  /** Nobody else's data holds this word. */
  marker: string;
  tenantId: string;
  /** Where its people are members, too; absent for a team that has nothing yet. */
  secondTenantId?: string;
  owner: Person;
  members: Record<Role, Person>;
  /** The owner's client, for setting things up. */
  client: ApiClient;
  /** Of one example of each resource, by the name of its path parameter. */
  ids: Record<string, string>;
};

/** A team that has nothing yet but its people. */
export async function newTeam(world: World, marker: string): Promise<Team> {
  const owner = await Person.signUp(world.api, `Team ${marker}`, addressOf('owner', marker));
  const client = new ApiClient(world.api);
  await client.logIn(owner.email, owner.password);
  const team = { world, marker, tenantId: owner.tenantId, owner, client, ids: {} };
  const others = ROLES.filter((role) => role !== 'owner');
  const joined = others.map(async (role) => [role, await newMember(team, role, role)] as const);
  const members = { owner, ...Object.fromEntries(await Promise.all(joined)) } as Record<Role, Person>;
  return { ...team, members };
}

/**
 * One more person in a team, and in its second one, as an accepted invitation leaves them. Put there, for most calls of a proof
 * want somebody new, and a sign-up is work for every service.
 */
export async function newMember(
  {
    world,
    marker,
    tenantId,
    secondTenantId,
    owner,
  }: Pick<Team, 'world' | 'marker' | 'tenantId' | 'secondTenantId' | 'owner'>,
  role: Role,
  name: string,
): Promise<Person> {
  const userId = crypto.randomUUID();
  const email = addressOf(name, marker);
  const teams = secondTenantId ? [tenantId, secondTenantId] : [tenantId];
  const row = [userId, email, `Member ${name}`, `Of ${marker}`, tenantId, owner.userId, role, teams];
  await world.database.query(INSERT_MEMBER, row);
  return new Person(world.api, { email, password: owner.password, tenantId, userId });
}

/** Somebody without a past here. */
export const newcomer = (team: Team): Promise<Person> => newMember(team, 'agent', crypto.randomUUID());

const addressOf = (name: string, marker: string): string => `${name}-${marker.toLowerCase()}@leadwire.test`;

/** A team that has done the main job once, to its end, and has one of each resource. */
export async function workingTeam(world: World, marker: string): Promise<Team> {
  const team = await newTeam(world, marker);
  const csv = new Blob([markedCsv(marker)]);
  const job = await launchMainJob(world.api, csv, world.smtp, quiet, { api: team.client });
  await followToTheEnd(job, quiet, MAIN_JOB_DEADLINE_MS);
  // No list ends with its first item, not even that of one's teams.
  const second = await team.client.post<{ id: string }>('/tenants', { name: `Second team of ${marker}` });
  team.secondTenantId = second.id;
  const { tenant } = await team.client.get<{ tenant: { slug: string } }>('/me');
  Object.assign(team.ids, {
    tenantSlug: tenant.slug,
    runningCampaignId: job.campaignId,
    finishedImportId: job.importState.id,
    tenantId: team.tenantId,
  });
  for (let time = 0; time < 2; time++)
    for (const [name, make] of Object.entries(RESOURCES))
      team.ids[name] = await make(team, team.ids, team.owner);
  team.ids['userId'] = await memberWithPicture(team);
  return team;
}

// The last line has no address and no name, so that there is something to reject.
function markedCsv(marker: string): string {
  const lines = [1, 2, 3].map(
    (n) =>
      `First ${marker} ${n},Last ${marker} ${n},${marker}-${n}@example.test,Company ${marker} ${n},Title ${marker}`,
  );
  return ['First Name,Last Name,E-Mail,Company,Job Title', ...lines, `,,not an address of ${marker},,`].join(
    '\n',
  );
}
