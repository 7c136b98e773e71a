import { ROLES, type Role } from '@leadwire/contracts';
import type pg from 'pg';
import { ApiClient } from '../demo/client.ts';
import { followToTheEnd, launchMainJob, type Smtp } from '../demo/main-job.ts';
import { Person } from './person.ts';
import { RESOURCES } from './operation-examples.ts';

const MAIN_JOB_DEADLINE_MS = 60_000;
const quiet = (): void => undefined;
const INSERT_MEMBER = `
  INSERT INTO identity.memberships (id, user_id, tenant_id, role, invited_by)
  VALUES ($1, $2, $3, $4, $5)`;

export type World = { api: string; smtp: Smtp; database: pg.Pool };

/** A team with one member of each role, one example of each resource, and its name in every text it has. */
export type Team = {
  world: World;
  /** Nobody else's data holds this word. */
  marker: string;
  tenantId: string;
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

/** One more person in a team, as an accepted invitation makes them; they have a team of their own, too. */
export async function newMember(
  { world, marker, tenantId, owner }: Pick<Team, 'world' | 'marker' | 'tenantId' | 'owner'>,
  role: Role,
  name: string,
): Promise<Person> {
  const person = await Person.signUp(world.api, `Own team of ${name} ${marker}`, addressOf(name, marker));
  const row = [crypto.randomUUID(), person.userId, tenantId, role, owner.userId];
  await world.database.query(INSERT_MEMBER, row);
  return person.in(tenantId);
}

const addressOf = (name: string, marker: string): string => `${name}-${marker.toLowerCase()}@leadwire.test`;

/** A team that has done the main job once, to its end, and has one of each resource. */
export async function workingTeam(world: World, marker: string): Promise<Team> {
  const team = await newTeam(world, marker);
  const csv = new Blob([markedCsv(marker)]);
  const job = await launchMainJob(world.api, csv, world.smtp, quiet, { api: team.client });
  await followToTheEnd(job, quiet, MAIN_JOB_DEADLINE_MS);
  // No list ends with its first item, not even that of one's teams.
  await team.client.post('/tenants', { name: `Second team of ${marker}` });
  Object.assign(team.ids, {
    runningCampaignId: job.campaignId,
    finishedImportId: job.importState.id,
    tenantId: team.tenantId,
  });
  for (let time = 0; time < 2; time++)
    for (const [name, make] of Object.entries(RESOURCES))
      team.ids[name] = await make(team, team.ids, team.owner);
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
