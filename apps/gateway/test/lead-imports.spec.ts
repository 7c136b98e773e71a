import { readdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import {
  leadImportErrors,
  leadImportsApi,
  type Api,
  type CreateLeadImport,
  type LeadImport,
} from '@leadwire/contracts';
import { newId, type Ctx } from '@leadwire/kernel';
import { eventually } from '@leadwire/testing';
import { LeadImportsController } from '../src/leads/imports.controller.js';
import { GatewayFixture, problemIn } from './gateway-fixture.js';

describe('uploading a lead file', () => {
  let gateway: GatewayFixture;
  let seen: { ctx: Ctx; input: CreateLeadImport }[] = [];
  let answer: (input: CreateLeadImport) => LeadImport;
  const tenantId = newId();
  const userId = newId();

  const imported = (input: CreateLeadImport): LeadImport => ({
    id: input.objectKey.split('/')[2]?.replace('.csv', '') as string,
    status: 'queued',
    fileName: input.fileName,
    fileSize: input.fileSize,
    bytesRead: 0,
    dedupe: 'fill',
    encoding: null,
    delimiter: null,
    mapping: null,
    rows: 0,
    imported: 0,
    updated: 0,
    duplicates: 0,
    rejected: 0,
    failureCode: null,
    failureReason: null,
    createdByUserId: null,
    createdAt: new Date().toISOString(),
    startedAt: null,
    finishedAt: null,
  });

  beforeAll(async () => {
    gateway = await GatewayFixture.start({ controllers: [LeadImportsController] });
    await gateway.serve('leads', [
      [
        leadImportsApi as Api,
        {
          create: (ctx: Ctx, input: never) => {
            seen.push({ ctx, input });
            return answer(input);
          },
          rejections: (ctx: Ctx) => ({
            objectKey: `${ctx.tenantId}/imports/x.rejected.csv`,
            fileName: 'Müller "1".rejected.csv',
          }),
        },
      ],
    ]);
  });
  afterAll(() => gateway.stop());
  beforeEach(() => {
    seen = [];
    answer = imported;
  });

  const stored = () => readdir(join(gateway.storageDir, tenantId, 'imports')).catch(() => [] as string[]);
  const formOf = (fields: Record<string, string> = {}, content = 'Email\na@x.com\n') => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    form.set('file', new Blob([content], { type: 'text/csv' }), 'leads.csv');
    return form;
  };
  const upload = async (form: FormData, headers: Record<string, string> = {}) =>
    gateway.fetch('/v1/lead-imports', {
      method: 'POST',
      body: form,
      headers,
      token: await gateway.token({ tenantId, userId }),
    });

  it('stores it as it came and hands the service its place, with what else the form says', async () => {
    const fields = {
      mapping: '{"Town":"customFields.city"}',
      delimiter: ';',
      encoding: 'utf-8',
      dedupe: 'skip',
    };
    const response = await upload(formOf(fields));
    expect([response.status, await response.json()]).toEqual([
      202,
      expect.objectContaining({ status: 'queued', fileName: 'leads.csv' }),
    ]);
    const input = seen[0]?.input as CreateLeadImport;
    expect(input).toMatchObject({
      ...fields,
      mapping: { Town: 'customFields.city' },
      fileName: 'leads.csv',
      fileSize: 14,
    });
    expect(await readFile(join(gateway.storageDir, input.objectKey), 'utf8')).toBe('Email\na@x.com\n');
    expect(input.objectKey.startsWith(`${tenantId}/imports/`)).toBe(true);
  });

  it.each([
    ['request.invalid', 400, () => formOf({ mapping: '{' })],
    ['request.invalid', 400, () => formOf({ dedupe: 'merge' })],
    ['request.invalid', 400, () => formOf({ objectKey: 'elsewhere', colour: 'red' })],
    [
      'lead_import.no_file',
      400,
      () => {
        const form = new FormData();
        form.set('dedupe', 'skip');
        return form;
      },
    ],
  ] as const)('is refused with %s (%d) and leaves no file', async (code, status, form) => {
    const before = await stored();
    const response = await upload(form());
    expect([response.status, (await problemIn(response)).code]).toEqual([status, code]);
    expect(await stored()).toEqual(before);
    expect(seen).toEqual([]);
  });

  it('keeps a name that is cut between two halves of a character readable', async () => {
    const form = formOf();
    form.set('file', new Blob(['Email\n']), `${'x'.repeat(254)}👋.csv`);
    expect((await upload(form)).status).toBe(202);
    expect((seen[0]?.input as CreateLeadImport).fileName).toBe(`${'x'.repeat(254)}\ufffd`);
  });

  it('leaves no file when the service refuses it', async () => {
    const before = await stored();
    answer = () => {
      throw leadImportErrors.foreign_file();
    };
    expect((await upload(formOf())).status).toBe(403);
    expect(await stored()).toEqual(before);
  });

  it('leaves no second file when the same request comes twice', async () => {
    const headers = { 'idempotency-key': 'once' };
    const first = (await (await upload(formOf(), headers)).json()) as LeadImport;
    const before = await stored();
    answer = () => first;
    expect(await (await upload(formOf(), headers)).json()).toEqual(first);
    expect(await stored()).toEqual(before);
    await upload(formOf({}, 'Email\nother@x.com\n'), headers);
    const [one, two, three] = seen.map(({ ctx }) => ctx.idempotencyKey);
    expect(one).toBe(two);
    expect(three).not.toBe(one);
  });

  it('leaves no file and starts no import when it breaks off', async () => {
    const before = await stored();
    const token = await gateway.token({ tenantId });
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    const part =
      '--b\r\ncontent-disposition: form-data; name="file"; filename="x.csv"\r\ncontent-type: text/csv\r\n\r\nEmail\r\n';
    socket.write(
      `POST /v1/lead-imports HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n` +
        `content-type: multipart/form-data; boundary=b\r\ncontent-length: 1000000\r\n\r\n${part}${'a@x.com\r\n'.repeat(2_000)}`,
    );
    await eventually(async () => (await stored()).length > before.length);
    socket.destroy();
    await eventually(async () => (await stored()).length === before.length);
    expect(seen).toEqual([]);
  });

  it('lets the next request of its connection through when it is refused before its end', async () => {
    const token = await gateway.token({ tenantId });
    const { hostname, port } = new URL(gateway.url);
    const head = `host: x\r\nauthorization: Bearer ${token}\r\n`;
    const body = `--b\r\ncontent-disposition: form-data; name="other"; filename="x.csv"\r\n\r\n${'x'.repeat(900_000)}\r\n--b--\r\n`;
    const socket = connect(Number(port), hostname);
    let answers = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answers += text));
    socket.write(
      `POST /v1/lead-imports HTTP/1.1\r\n${head}content-type: multipart/form-data; boundary=b\r\n` +
        `content-length: ${body.length}\r\n\r\n${body}GET /v1/nothing HTTP/1.1\r\n${head}\r\n`,
    );
    await eventually(() => /^HTTP\/1.1 400 .*HTTP\/1.1 404 /s.test(answers), 15_000);
    socket.destroy();
  });

  it('needs the right to import', async () => {
    const token = await gateway.token({ tenantId, role: 'agent' });
    const response = await gateway.fetch('/v1/lead-imports', { method: 'POST', body: formOf(), token });
    expect([response.status, (await problemIn(response)).code]).toEqual([403, 'request.forbidden']);
  });

  it('hands the rejected rows out as a file', async () => {
    await upload(formOf());
    await writeFile(join(gateway.storageDir, tenantId, 'imports', 'x.rejected.csv'), '\uFEFFline,reason\r\n');
    const response = await gateway.fetch(`/v1/lead-imports/${newId()}/rejections`, {
      token: await gateway.token({ tenantId }),
    });
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename*=UTF-8''M%C3%BCller%20%221%22.rejected.csv`,
    );
    expect(Buffer.from(await response.arrayBuffer()).toString('hex')).toBe(
      Buffer.from('\uFEFFline,reason\r\n').toString('hex'),
    );
  });
});
