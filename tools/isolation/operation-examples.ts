import { decodeJwt } from 'jose';
import { ACCOUNT_EXAMPLES } from './account-examples.ts';
import { INVOICE_EXAMPLES, INVOICE_RESOURCES } from './invoice-examples.ts';
import { LOG_IN_EXAMPLES } from './log-in-examples.ts';
import { LogInProvider } from './log-in-provider.ts';
import { PAYMENT_EXAMPLES, PAYMENT_RESOURCES } from './payment-examples.ts';
import type { Person } from './person.ts';
import { plantOldInvitation } from './planted.ts';
import { newcomer, type Team } from './team.ts';

type Ids = Record<string, string>;
/** Makes one of a resource in a team and answers its id; `ids` has what the resource belongs to, `caller` is who will use it. */
export type MakeResource = (team: Team, ids: Ids, caller: Person) => Promise<string>;

/** What one call of an operation needs beyond what its schema says. */
export type Example = {
  body?: (team: Team, ids: Ids, caller: Person) => unknown;
  query?: (team: Team, ids: Ids) => Record<string, string> | Promise<Record<string, string>>;
  /** What it must show beside a session, given the body. */
  headers?: (team: Team, body: unknown) => Record<string, string>;
  form?: (team: Team) => FormData;
  /** Resources in the state that this operation is for, where the ordinary example is in another. */
  resources?: Record<string, MakeResource>;
  /** Where it sends a browser on success, when its status is the same for success and failure. */
  location?: RegExp;
  /** Why its list has but one page in every team, so that no cursor of it can be tried. */
  onePage?: string;
  /** It would leave its caller without a session, or their team without its people: each call gets one of its own. */
  alone?: 'person' | 'team';
};

const LINK_IDENTITY = `
  INSERT INTO identity.user_identities (id, user_id, provider, provider_user_id, provider_data)
  VALUES ($1::uuid, $2, 'https://provider.test', $1::uuid::text, '{"key":"linked"}')`;

let count = 0;
/** A short word that no call before has used. */
const unique = (): string => `x${(count++).toString(36)}`;
const idOf = async (made: Promise<unknown>): Promise<string> => ((await made) as { id: string }).id;
const post = (team: Team, path: string, body?: object): Promise<string> => idOf(team.client.post(path, body));

const email = (team: Team): string => `${unique()}-${team.marker.toLowerCase()}@example.test`;
const mailStep = ({ marker }: Team): object => ({
  type: 'email',
  title: marker,
  subject: `Subject ${marker}`,
  body: `Body ${marker}`,
});

/** A key of the caller: other members may not even know of it. */
async function apiKeyOf({ world }: Team, _ids: Ids, caller: Person): Promise<string> {
  const headers = { ...(await caller.headers()), 'content-type': 'application/json' };
  const body = JSON.stringify({ name: `Key ${unique()}`, scopes: ['leads.read'] });
  const response = await fetch(`${world.api}/v1/api-keys`, { method: 'POST', headers, body });
  const { apiKey } = (await response.json()) as { apiKey: { id: string } };
  return apiKey.id;
}

/** One of each resource that a path can name. An operation with another name in its path fails the proof until it is here. */
export const RESOURCES: Record<string, MakeResource> = {
  leadId: (team) => post(team, '/leads', leadOf(team)),
  noteId: async (team, { leadId }) => {
    const note = { content: `Note ${team.marker}` };
    // Two, for the lists of notes are each lead's own.
    await post(team, `/leads/${leadId}/notes`, note);
    return post(team, `/leads/${leadId}/notes`, note);
  },
  stageId: (team) =>
    post(team, '/lead-stages', { key: unique(), label: `Stage ${team.marker}`, description: team.marker }),
  statusId: (team) => post(team, '/lead-statuses', { key: unique(), label: `Status ${team.marker}` }),
  importId: async (_, { finishedImportId }) => finishedImportId as string,
  sessionId: async (_team, _ids, caller) => decodeJwt((await caller.logIn()).accessToken)['sid'] as string,
  provider: async () => LogInProvider.key,
  identityId: async ({ world }, _ids, { userId }) => {
    const id = crypto.randomUUID();
    await world.database.query(LINK_IDENTITY, [id, userId]);
    return id;
  },
  apiKeyId: apiKeyOf,
  userId: async (team) => (await newcomer(team)).userId,
  invitationId: async (team) => {
    const { results } = await team.client.post<{ results: { invitation: { id: string } }[] }>(
      '/invitations',
      invitationsOf(team),
    );
    return results[0]?.invitation.id as string;
  },
  featureKey: async () => 'lead_import',
  capability: async () => 'leads.import',
  chargeId: async (team) => {
    const topUp = { amount: '1', description: `Charge ${team.marker}` };
    const made = await team.client.post<{ transaction: { id: string } }>('/billing/wallet/top-ups', topUp);
    return made.transaction.id;
  },
  templateId: (team) => post(team, '/templates', templateOf(team)),
  emailAccountId: (team) => post(team, '/email-accounts', emailAccountOf(team)),
  campaignId: (team, { emailAccountId }) =>
    post(team, '/campaigns', { name: `Campaign ${team.marker}`, description: team.marker, emailAccountId }),
  usageEventId: usageEventOf,
  ...PAYMENT_RESOURCES,
  ...INVOICE_RESOURCES,
  enrolmentId: async ({ client }, { runningCampaignId }) => {
    const path = `/campaigns/${runningCampaignId}/enrolments`;
    const { items } = await client.get<{ items: { id: string }[] }>(path);
    return items[0]?.id as string;
  },
};

const SENT_MAIL = { category: 'email', provider: 'smtp', unit: 'message', quantity: '1' };

function usageOf({ marker }: Team): object {
  const occurredAt = new Date().toISOString();
  return {
    key: unique(),
    feature: 'newsletter',
    reference: `Usage ${marker}`,
    items: [SENT_MAIL],
    occurredAt,
  };
}

async function usageEventOf(team: Team): Promise<string> {
  const body = { events: [usageOf(team)] };
  const { items } = await team.client.post<{ items: { usageEventId: string }[] }>(
    '/billing/usage-events',
    body,
  );
  return items[0]?.usageEventId as string;
}

function leadOf(team: Team): object {
  const { marker } = team;
  return {
    firstName: `First ${marker}`,
    lastName: `Last ${marker}`,
    email: email(team),
    companyName: `Company ${marker}`,
    title: `Title ${marker}`,
    linkedinUrl: `https://www.linkedin.com/in/${unique()}-${marker.toLowerCase()}`,
    notes: `Notes ${marker}`,
    customFields: { [`field${marker}`]: `Value ${marker}` },
  };
}

function invitationsOf(team: Team): object {
  return { invitations: [{ email: email(team), role: 'viewer' }], message: `Message ${team.marker}` };
}

function templateOf({ marker }: Team): object {
  return { templateKey: unique(), language: 'en', subject: `Subject ${marker}`, body: `Body ${marker}` };
}

function emailAccountOf(team: Team): object {
  const { host, port } = team.world.smtp;
  return {
    email: email(team),
    fromName: `From ${team.marker}`,
    smtpHost: host,
    smtpPort: port,
    smtpUsername: `user-${team.marker}`,
    smtpPassword: `password ${team.marker}`,
    dailySendLimit: 1_000_000,
  };
}

const INSERT_IMPORT = `
  INSERT INTO leads.lead_imports (id, tenant_id, created_by_user_id, file_name, file_size, object_key, dedupe, leased_until)
  VALUES ($1::uuid, $2::uuid, $3, $4, 10, $2::text || '/imports/' || $1::text || '.csv', 'skip', 'infinity')`;

/** An import that no worker takes up: one that had begun would end before anybody could cancel it. */
const waitingImport: MakeResource = async ({ world, tenantId, marker, owner }) => {
  const id = crypto.randomUUID();
  await world.database.query(INSERT_IMPORT, [id, tenantId, owner.userId, `${marker}.csv`]);
  return id;
};

/** A campaign with somebody enrolled and something to send, a long time from now. */
const readyCampaign: MakeResource = async (team, ids, caller) => {
  const id = await (RESOURCES['campaignId'] as MakeResource)(team, ids, caller);
  await team.client.put(`/campaigns/${id}/steps`, {
    steps: [{ type: 'wait', durationSeconds: 86_400 }, mailStep(team)],
  });
  await team.client.post(`/campaigns/${id}/enrolments`, { leadIds: [ids['leadId']] });
  return id;
};
const launchedCampaign: MakeResource = async (team, ids, caller) => {
  const id = await readyCampaign(team, ids, caller);
  await team.client.post(`/campaigns/${id}/launch`);
  return id;
};
const pausedCampaign: MakeResource = async (team, ids, caller) => {
  const id = await launchedCampaign(team, ids, caller);
  await team.client.post(`/campaigns/${id}/pause`);
  return id;
};

/**
 * How each operation is called so that it succeeds. One without an entry is called with the smallest body that its schema
 * takes; when that does not succeed for the owner of a team, the proof fails and says so.
 */
export const EXAMPLES: Record<string, Example> = {
  'billing.reservations.list': { onePage: 'services reserve, over RPC; no operation does' },
  'billing.allowances.list': { onePage: 'a member has an allowance only when an owner sets one' },
  'billing.allowances.transactions': { onePage: 'it is the history of one member, who has just come' },
  'billing.allowances.set': { body: () => ({ monthlyAllowance: '25' }) },
  'billing.prices.list': { onePage: 'prices are the same for every team' },
  'billing.prices.quote': { body: () => ({ items: [SENT_MAIL] }) },
  'billing.usage-events.record': { body: (team) => ({ events: [usageOf(team)] }) },
  'billing.usage-events.void': { body: ({ marker }) => ({ reason: `Void ${marker}` }) },
  'billing.usage-events.correct': {
    resources: { usageEventId: usageEventOf },
    body: ({ marker }) => ({ reason: `Correct ${marker}`, items: [SENT_MAIL] }),
  },
  'billing.usage-analytics.analyse': { query: () => ({ groupBy: 'feature' }) },
  'billing.wallets.topUp': { body: ({ marker }) => ({ amount: '1', description: `Top-up ${marker}` }) },
  ...PAYMENT_EXAMPLES,
  ...INVOICE_EXAMPLES,
  'campaigns.campaigns.create': { body: ({ marker }) => ({ name: `Campaign ${marker}` }) },
  'campaigns.campaigns.update': { body: ({ marker }) => ({ description: `Changed ${marker}` }) },
  'campaigns.campaigns.launch': { resources: { campaignId: readyCampaign } },
  'campaigns.campaigns.pause': { resources: { campaignId: launchedCampaign } },
  'campaigns.campaigns.resume': { resources: { campaignId: pausedCampaign } },
  'campaigns.campaigns.replaceSteps': {
    body: ({ marker }, { templateId }) => ({ steps: [{ type: 'email', title: marker, templateId }] }),
  },
  'campaigns.enrolments.enrol': { body: (_, { leadId }) => ({ leadIds: [leadId] }) },
  'campaigns.email-accounts.create': { body: emailAccountOf },
  'campaigns.email-accounts.update': { body: ({ marker }) => ({ fromName: `Changed ${marker}` }) },
  'campaigns.templates.create': { body: templateOf },
  'campaigns.templates.update': { body: ({ marker }) => ({ subject: `Changed ${marker}` }) },
  'campaigns.templates.preview': { body: (_, { enrolmentId }) => ({ enrolmentId }) },
  'leads.leads.create': { body: leadOf },
  'leads.leads.update': { body: ({ marker }) => ({ title: `Changed ${marker}` }) },
  'leads.leads.assign': { body: ({ owner }) => ({ assignedUserId: owner.userId }) },
  'leads.notes.add': { body: ({ marker }) => ({ content: `Note ${marker}` }) },
  'leads.stages.create': { body: ({ marker }) => ({ key: unique(), label: `Stage ${marker}` }) },
  'leads.stages.update': { body: ({ marker }) => ({ label: `Changed ${marker}` }) },
  'leads.statuses.create': { body: ({ marker }) => ({ key: unique(), label: `Status ${marker}` }) },
  'leads.statuses.update': { body: ({ marker }) => ({ label: `Changed ${marker}` }) },
  'leads.imports.cancel': { resources: { importId: waitingImport } },
  'leads.imports.create': { form: csvForm },
  'identity.api-keys.create': { body: ({ marker }) => ({ name: `Key ${marker}`, scopes: ['leads.read'] }) },
  'identity.api-keys.get': { resources: { apiKeyId: apiKeyOf } },
  'identity.api-keys.update': { body: ({ marker }) => ({ name: `Changed ${marker}` }) },
  ...LOG_IN_EXAMPLES,
  'identity.closing.close': {
    alone: 'team',
    body: (team, _ids, { password }) => ({ name: `Team ${team.marker}`, password }),
  },
  'identity.invitations.create': { body: invitationsOf },
  'identity.invitations.resend': {
    resources: { invitationId: (team) => plantOldInvitation(team, email(team)) },
  },
  'identity.features.update': { body: () => ({ enabled: true }) },
  'identity.member-rights.set': { body: ({ marker }) => ({ allowed: true, reason: `Because ${marker}` }) },
  ...ACCOUNT_EXAMPLES,
  'identity.members.update': { body: () => ({ role: 'viewer' }) },
  'identity.members.leave': { alone: 'person' },
  'identity.members.transferOwnership': {
    alone: 'team',
    body: async (team, _ids, { password }) => ({ userId: team.members.admin.userId, password }),
  },
  'identity.teams.create': { body: () => ({ name: `Team ${unique()}` }) },
  'identity.tenants.update': { body: ({ marker }) => ({ name: `Renamed ${marker}` }) },
};

function csvForm({ marker }: Team): FormData {
  const form = new FormData();
  form.set('file', new Blob([`Last Name,E-Mail\n${marker},${unique()}@example.test\n`]), `${marker}.csv`);
  return form;
}

/** Names in paths that are the same words in every team, and so nobody's: what they are about is the caller's own. */
export const COMMON_NAMES: readonly string[] = ['featureKey', 'capability', 'line', 'provider'];

/** Names of ids in bodies and filters that mean the example under another name. */
export const SAME_RESOURCE: Record<string, string> = {
  assignedUserId: 'userId',
  primaryTenantId: 'tenantId',
  referenceId: 'campaignId',
  budgetId: 'campaignId',
  leadIds: 'leadId',
};
