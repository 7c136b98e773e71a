import type { Actor } from './actors.ts';
import { TeamSecrets } from './leaks.ts';
import { otherFaults } from './judge.ts';
import { runMatrix } from './matrix.ts';
import { idFieldsOf, type ApiDocument, type Operation } from './openapi.ts';
import { twice, withValue } from './pointers.ts';
import { aftermathOf } from './proof.ts';
import type { Answer } from './request.ts';
import type { Snapshot } from './rows.ts';
import type { Team } from './team.ts';

const SECRET_ID = '018f4e1a-7c3b-7000-8000-00000000beef';
const operation = { id: 'leads.leads.get', successes: [200] } as Operation;
const stranger = {
  name: 'stranger',
  expects: () => ({ statuses: [404], why: 'it is foreign' }),
} as unknown as Actor;
const secrets = new TeamSecrets(
  'Quizzaciously',
  new Map([
    [SECRET_ID, 'leads.leads'],
    ['a common subject', 'campaigns.templates'],
  ]),
  ['a common subject'],
);

const notFound = (more: Partial<Answer> = {}): Answer => ({
  status: 404,
  headers: { 'content-type': 'application/problem+json' },
  text: JSON.stringify({ status: 404, code: 'lead.not_found', requestId: 'r' }),
  sent: '/v1/leads/1',
  ...more,
});

async function violations(answer: Answer, snapshots: Snapshot[] = [{}, {}]): Promise<string[]> {
  const cells = await runMatrix([operation], [stranger], {
    call: async () => answer,
    documentFaults: () => [],
    leaksIn: (given) => secrets.in(given),
    snapshot: async () => snapshots.shift() ?? {},
  });
  return cells.flatMap((cell) => cell.violations);
}

describe('the isolation proof', () => {
  it('finds nothing where another team gets a plain 404 and nothing changes', async () => {
    expect(await violations(notFound())).toEqual([]);
  });

  it('finds an answer with the wrong status', async () => {
    const text = JSON.stringify({ status: 403, code: 'request.forbidden', requestId: 'r' });
    expect(await violations(notFound({ status: 403, text }))).toEqual([
      expect.stringContaining('answered 403 instead of 404 (it is foreign)'),
    ]);
  });

  it('finds the marker of the other team, in the body and in a header', async () => {
    const text = JSON.stringify({ status: 404, code: 'Quizzaciously', requestId: 'r' });
    expect(await violations(notFound({ text }))).toEqual(['shows the marker']);
    const headers = { ...notFound().headers, location: '/Quizzaciously' };
    expect(await violations(notFound({ headers }))).toEqual(['shows the marker']);
  });

  it("finds an id of the other team's rows, but takes an echo of the request for what it is", async () => {
    const text = JSON.stringify({ status: 404, code: 'c', requestId: SECRET_ID });
    expect(await violations(notFound({ text }))).toEqual([expect.stringContaining('of leads.leads')]);
    expect(await violations(notFound({ text, sent: `/v1/leads/${SECRET_ID}` }))).toEqual([]);
  });

  it('does not take what both teams have for a secret of one', async () => {
    const text = JSON.stringify({ status: 404, code: 'a common subject', requestId: 'r' });
    expect(await violations(notFound({ text }))).toEqual([]);
  });

  it('finds a row that changed, was added or has gone', async () => {
    expect(await violations(notFound(), [{ 'leads.leads': '1:a' }, { 'leads.leads': '1:b' }])).toEqual([
      'changed rows of the other team in leads.leads',
    ]);
    expect(await violations(notFound(), [{}, { 'leads.lead_notes': '1:a' }])).toEqual([
      'changed rows of the other team in leads.lead_notes',
    ]);
  });

  it('finds a failure that is no problem+json, and one without a code', async () => {
    expect(await violations(notFound({ headers: { 'content-type': 'text/html' } }))).toEqual([
      'answered 404 as text/html instead of application/problem+json',
    ]);
    expect(await violations(notFound({ text: '{"status":404}' }))).toEqual(['answered 404 without a code']);
  });

  it('finds an answer that is not as documented, and one that sends elsewhere', async () => {
    const lost = { statuses: [404], location: /home$/, why: 'it is lost' };
    const cells = await runMatrix([operation], [{ ...stranger, expects: () => lost }], {
      call: async () => notFound(),
      documentFaults: () => ['says more than is documented'],
      leaksIn: () => [],
      snapshot: async () => ({}),
    });
    expect(cells[0]?.violations).toEqual(['sends to nowhere (it is lost)', 'says more than is documented']);
  });

  it('finds a refusal that is about something else than the id that was sent', () => {
    const text = JSON.stringify({ status: 400, errors: [{ pointer: '/name', code: 'required' }] });
    const refusal = notFound({ status: 400, text });
    expect(otherFaults(refusal, ['steps', '0'])).toEqual([
      expect.stringContaining('than the id at /steps/0'),
    ]);
    expect(otherFaults(refusal, ['name'])).toEqual([]);
    expect(otherFaults(notFound(), ['steps', '0'])).toEqual([]);
  });

  it('finds a call that could not be made', async () => {
    const cells = await runMatrix([operation], [stranger], {
      call: () => Promise.reject(new Error('no answer in time')),
      documentFaults: () => [],
      leaksIn: () => [],
      snapshot: async () => ({}),
    });
    expect(cells[0]?.violations).toEqual([expect.stringContaining('no answer in time')]);
  });

  it("finds an id of the other team that was stored among one's own rows", () => {
    const victim = { ids: { leadId: SECRET_ID } } as unknown as Team;
    const texts = new Map([[`said of ${SECRET_ID}`, 'campaigns.campaign_enrollments']]);
    expect(aftermathOf({}, {}, { victim, home: victim }, texts)).toEqual([
      'campaigns.campaign_enrollments of one team now holds the leadId of another',
    ]);
  });
});

describe('a body', () => {
  const document = {
    paths: {},
    components: {
      schemas: {
        Step: { type: 'object', properties: { templateId: { type: 'string', format: 'uuid' } } },
      },
    },
  } as ApiDocument;

  it('is searched for ids in lists, nested objects and alternatives', () => {
    const schema = {
      type: 'object',
      properties: {
        leadIds: { type: 'array', items: { type: 'string', format: 'uuid' } },
        steps: { type: 'array', items: { $ref: '#/components/schemas/Step' } },
        owner: { anyOf: [{ type: 'string', format: 'uuid' }, { type: 'null' }] },
      },
    };
    expect(idFieldsOf(schema, document)).toEqual([['leadIds', '0'], ['steps', '0', 'templateId'], ['owner']]);
  });

  it('takes another id at any of these places and keeps the rest', () => {
    const body = { name: 'n', steps: [{ type: 'email', templateId: 'mine' }] };
    expect(withValue(body, ['steps', '0', 'templateId'], 'theirs')).toEqual({
      name: 'n',
      steps: [{ type: 'email', templateId: 'theirs' }],
    });
    expect(withValue({}, ['leadIds', '0'], 'theirs')).toEqual({ leadIds: ['theirs'] });
  });

  it('takes it beside one of its own, whole as the own one is', () => {
    expect(
      twice({ steps: [{ type: 'email', templateId: 'mine' }] }, ['steps', '0', 'templateId'], 'x'),
    ).toEqual({
      steps: [
        { type: 'email', templateId: 'mine' },
        { type: 'email', templateId: 'mine' },
      ],
    });
    expect(twice({}, ['leadIds', '0'], 'mine')).toEqual({ leadIds: ['mine', 'mine'] });
  });
});
