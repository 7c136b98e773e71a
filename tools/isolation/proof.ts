import pg from 'pg';
import { stripeWebhookSecret } from '../start/apps.ts';
import { roleUrl } from '../start/secrets.ts';
import type { Platform } from '../start/platform.ts';
import { Documented } from '../fuzz/answers.ts';
import { actorsOf, KEY_SCOPE, type Teams } from './actors.ts';
import { Calls } from './calls.ts';
import { catalogueOf, type Catalogue } from './catalogue.ts';
import { Crossings } from './crossings.ts';
import { TeamSecrets } from './leaks.ts';
import { runMatrix, type Cell } from './matrix.ts';
import { documentOf, operationsOf, type Operation } from './openapi.ts';
import { COMMON_NAMES } from './operation-examples.ts';
import { strayTables } from './owned-tables.ts';
import type { LogInProvider } from './log-in-provider.ts';
import { send, type Answer } from './request.ts';
import { changed, Rows, type Snapshot } from './rows.ts';
import { crossStreams } from './streams.ts';
import { workingTeam, type World } from './team.ts';
import { bearer, Person } from './person.ts';
import { spentTokens, untilAnswered } from './spent-tokens.ts';
import { suspendTeam } from './suspension.ts';
import { badTokensOf, PlatformKey } from './tokens.ts';

const IDENTITY_KEY = 'key-encryption.identity';
const REST_DEADLINE_MS = 60_000;
/** Members are put into teams side by side. */
export const CONNECTIONS_MAX = 4;

export type ProofReport = {
  operations: Operation[];
  actors: string[];
  /** Operations × actors. */
  matrix: Cell[];
  /** Foreign ids, cursors, keys and places where no path says so. */
  crossings: Cell[];
  catalogue: Catalogue;
  /** What the whole run did to the team that nobody touched, and took from it. */
  aftermath: string[];
  seconds: number;
};

/** Shows on a running instance of its own that no team sees or changes anything of another. */
export async function proveIsolation(platform: Platform, provider: LogInProvider): Promise<ProofReport> {
  const startedAt = performance.now();
  const database = new pg.Pool({ connectionString: platform.adminUrl, max: CONNECTIONS_MAX });
  try {
    const report = await prove(platform, proofWorldOf(platform, database, provider));
    return { ...report, seconds: (performance.now() - startedAt) / 1000 };
  } finally {
    await database.end();
  }
}

/** An instance with all that examples of operations may need. */
export function proofWorldOf(platform: Platform, database: pg.Pool, provider: LogInProvider): World {
  const { api, smtp } = platform.urls;
  const { secrets } = platform;
  const identityKey = Buffer.from(secrets.key(IDENTITY_KEY), 'base64');
  return {
    api,
    smtp,
    database,
    means: { identityKey, webhookSecret: stripeWebhookSecret(secrets), provider },
  };
}

async function prove(platform: Platform, world: World): Promise<Omit<ProofReport, 'seconds'>> {
  const { api, database } = world;
  const [victim, home] = await Promise.all([
    workingTeam(world, 'Quizzaciously'),
    workingTeam(world, 'Flibbertigibbet'),
  ]);
  const teams = { victim, home };
  const document = await documentOf(api);
  const operations = operationsOf(document);
  const crossings = new Crossings(api, document, teams);
  const traces = await crossings.tracesOf(victim, operations);
  // The team that acts does the same, so that what the two have in common is no secret of either.
  await crossings.tracesOf(home, operations);

  const victimRows = await Rows.of(database, victim.tenantId);
  const homeRows = await Rows.of(database, home.tenantId);
  const before = await victimRows.rest(REST_DEADLINE_MS);
  const secrets = new TeamSecrets(victim.marker, await victimRows.texts(), (await homeRows.texts()).keys());
  const leaksIn = secrets.in.bind(secrets);
  const documented = new Documented(document);
  const documentFaults = (operation: Operation, answer: Answer) =>
    documented.faultsOf(operation, answer, false);

  const actors = await actorsIn(platform, database, teams);
  const calls = new Calls(document);
  const matrix = await runMatrix(operations, actors, {
    call: async (operation, actor) => send(api, await calls.requestFor(operation, actor), operation.streams),
    documentFaults,
    leaksIn,
    snapshot: () => victimRows.snapshot(),
  });
  const crossed = await crossings.run(operations, traces, {
    leaksIn,
    documentFaults,
    victimRows,
    homeRows,
  });
  const aftermath = aftermathOf(
    before,
    await victimRows.rest(REST_DEADLINE_MS),
    teams,
    await homeRows.texts(),
  );
  const ids = { victimId: victim.tenantId, homeId: home.tenantId };
  const as = (role: string) => roleUrl(platform.adminUrl, platform.secrets.key('roles'), role);
  return {
    operations,
    actors: actors.map(({ name }) => name),
    matrix,
    crossings: [...crossed, ...(await crossStreams(api, teams, operations, documentFaults))],
    catalogue: await catalogueOf(database, as, ids),
    aftermath: [
      ...aftermath,
      ...(await strayTables(database)).map((table) => `nobody's rows are compared in ${table}`),
    ],
  };
}

async function actorsIn(platform: Platform, database: pg.Pool, teams: Teams) {
  const { accessToken } = await teams.home.owner.logIn();
  const key = await PlatformKey.of(database, platform.secrets.key(IDENTITY_KEY));
  const bad = await badTokensOf(await key.lasting(accessToken), key);
  const { secret } = await teams.home.client.post<{ secret: string }>('/api-keys', {
    name: 'Key of the proof',
    scopes: [KEY_SCOPE],
  });
  const spent = await spentTokens(platform.urls.api, teams.home, key);
  return actorsOf(teams, bad, spent, { suspended: await suspendedToken(platform, teams, key), key: secret });
}

async function suspendedToken(platform: Platform, { home }: Teams, key: PlatformKey): Promise<string> {
  const { api } = home.world;
  const owner = await Person.signUp(api, 'Discombobulated', 'owner-discombobulated@leadwire.test');
  const token = await key.lasting((await owner.logIn()).accessToken);
  await suspendTeam(platform, owner.tenantId);
  await untilAnswered(api, bearer(token), 403);
  return token;
}

/** Rows of the untouched team that changed after all, and ids of it that the other team's rows now hold. */
export function aftermathOf(
  before: Snapshot,
  after: Snapshot,
  { victim }: Teams,
  homeTexts: ReadonlyMap<string, string>,
): string[] {
  const texts = [...homeTexts];
  const stored = Object.entries(victim.ids)
    .filter(([name]) => !COMMON_NAMES.includes(name))
    .flatMap(([name, id]) => {
      const [, table] = texts.find(([text]) => text.includes(id)) ?? [];
      return table ? [`${table} of one team now holds the ${name} of another`] : [];
    });
  return [...changed(before, after).map((table) => `rows of the other team changed in ${table}`), ...stored];
}

/** Everything that is wrong, one line each; nothing when the proof holds. */
export function violationsOf({ matrix, crossings, catalogue, aftermath }: ProofReport): string[] {
  const inCells = [...matrix, ...crossings].flatMap(({ operation, actor, violations }) =>
    violations.map((violation) => `${operation} as ${actor}: ${violation}`),
  );
  return [...inCells, ...catalogue.violations, ...aftermath];
}
