import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { AppError, BODY_BYTES_MAX, JSON_DEPTH_MAX, newId, type Ctx } from '@leadwire/kernel';
import { GatewayFixture, problemIn } from './gateway-fixture.js';
import { exactApi } from './things.controller.js';

describe('a request', () => {
  let gateway: GatewayFixture;
  let seen: { ctx: Ctx; input: Record<string, unknown> }[] = [];
  const thing = { id: newId(), name: 'lamp' };
  let answer: () => unknown = () => thing;

  beforeAll(async () => {
    const handle = (ctx: Ctx, input: never) => {
      seen.push({ ctx, input });
      return answer();
    };
    gateway = await GatewayFixture.start({
      things: { add: handle, get: handle, list: handle, rename: handle, remove: handle, greet: handle },
    });
  });
  afterAll(() => gateway.stop());
  beforeEach(() => {
    seen = [];
    answer = () => thing;
  });

  it('answers 201 for a creation, 200 for a reading, 204 with nothing for a removal', async () => {
    const created = await gateway.post('/v1/things', { name: 'lamp' });
    expect([created.status, await created.json()]).toEqual([201, thing]);
    expect((await gateway.fetch(`/v1/things/${thing.id}`)).status).toBe(200);
    answer = () => undefined;
    const removed = await gateway.fetch(`/v1/things/${thing.id}`, { method: 'DELETE' });
    expect([removed.status, await removed.text()]).toEqual([204, '']);
  });

  it("hands the service's bytes on as they are", async () => {
    // Parsed and written again, the text would lose its last digits and its escapes.
    const bytes = '{"id":"x","name":"\\u00e9\\/é","exact":12345678901234567890.10}';
    const sub = gateway.connection.subscribe(exactApi.get.subject, {
      callback: (_, msg) => void msg.respond(bytes),
    });
    await gateway.connection.flush();
    const response = await gateway.fetch(`/v1/exact/${thing.id}`);
    sub.unsubscribe();
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(bytes)));
    expect(await response.text()).toBe(bytes);
  });

  describe('on a thing with versions', () => {
    const path = `/v1/things/${thing.id}`;
    const rename = (ifMatch: string, body: object = { name: 'new' }) =>
      gateway.post(path, body, { method: 'PATCH', headers: { 'if-match': ifMatch } });

    it('answers with the version as ETag, and hands that of If-Match to the service', async () => {
      answer = () => ({ ...thing, version: 3 });
      expect((await gateway.fetch(path)).headers.get('etag')).toBe('"3"');
      expect((await rename('"3"')).status).toBe(200);
      expect((await rename('W/"3"')).status).toBe(200);
      expect((await rename('*')).status).toBe(200);
      expect(seen.slice(1).map(({ input }) => input['version'])).toEqual([3, 3, undefined]);
    });

    it.each([
      ['that is no tag', '3', undefined],
      ['that contradicts the body', '"3"', { name: 'new', version: 4 }],
    ])('refuses an If-Match %s', async (_, ifMatch, body) => {
      expect(await problemIn(await rename(ifMatch, body))).toMatchObject({ status: 400 });
      expect(seen).toEqual([]);
    });

    it('refuses an If-Match that nobody would check', async () => {
      const response = await gateway.fetch(path, { method: 'DELETE', headers: { 'if-match': '"3"' } });
      expect(await problemIn(response)).toMatchObject({ status: 400, errors: [{ code: 'if_match' }] });
      expect(seen).toEqual([]);
    });
  });

  describe('becomes one input', () => {
    it('of path and body', async () => {
      await gateway.post(`/v1/things/${thing.id}`, { name: 'new' }, { method: 'PATCH' });
      expect(seen[0]?.input).toEqual({ thingId: thing.id, name: 'new' });
    });

    it('of query texts read as what the contract declares', async () => {
      await gateway.fetch('/v1/things?shiny=true&weight=12&tags=a&tags=b&limit=5');
      expect(seen[0]?.input).toEqual({ shiny: true, weight: 12, tags: ['a', 'b'], limit: 5 });
      await gateway.fetch('/v1/things?tags=one');
      expect(seen[1]?.input).toEqual({ tags: ['one'] });
    });

    it.each([
      ['a query text that is no number', '/v1/things?weight=heavy', '/weight'],
      ['an unknown query parameter', '/v1/things?colour=red', '/colour'],
      ['a number out of range', '/v1/things?limit=101', '/limit'],
      ['a path that is no id', '/v1/things/lamp', '/thingId'],
      ['a parameter given twice', '/v1/things?weight=1&weight=2', '/weight'],
    ])('and refuses %s', async (_, path, pointer) => {
      const response = await gateway.fetch(path);
      expect(response.status).toBe(400);
      expect(await problemIn(response)).toMatchObject({ code: 'request.invalid', errors: [{ pointer }] });
      expect(seen).toEqual([]);
    });

    it.each([
      ['a missing field', {}, '/name'],
      ['a wrong type', { name: 7 }, '/name'],
      ['an unknown field', { name: 'x', admin: true }, '/admin'],
      ['a list', [], ''],
      ['a text', '"hello"', ''],
      ['null', null, ''],
      ['a NUL character', { name: 'a\0' }, '/name'],
    ])('and refuses a body with %s', async (_, body, pointer) => {
      const response = await gateway.post('/v1/things', body);
      expect(response.status).toBe(400);
      expect(await problemIn(response)).toMatchObject({ code: 'request.invalid', errors: [{ pointer }] });
      expect(seen).toEqual([]);
    });

    it('and refuses a body that names another thing than the path', async () => {
      const response = await gateway.post(
        `/v1/things/${thing.id}`,
        { thingId: newId(), name: 'x' },
        { method: 'PATCH' },
      );
      expect(await problemIn(response)).toMatchObject({
        status: 400,
        errors: [{ pointer: '/thingId', code: 'contradiction' }],
      });
      expect(seen).toEqual([]);
    });
  });

  describe('with a hostile body is refused:', () => {
    const refused = async (
      body: string,
      status: number,
      code: string,
      headers: Record<string, string> = {},
    ) => {
      const response = await gateway.post('/v1/things', body, { headers });
      expect(response.status).toBe(status);
      expect(await problemIn(response)).toMatchObject({ code });
      expect(seen).toEqual([]);
    };

    it('broken JSON', () => refused('{"name":', 400, 'request.malformed'));
    it('bytes that are not UTF-8', async () => {
      const response = await gateway.fetch('/v1/things', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
      });
      expect(await problemIn(response)).toMatchObject({ status: 400, code: 'request.malformed' });
    });
    it('nested too deeply', () => {
      const deep = '['.repeat(JSON_DEPTH_MAX + 1) + ']'.repeat(JSON_DEPTH_MAX + 1);
      return refused(`{"name":"x","extra":{"a":${deep}}}`, 400, 'request.malformed');
    });
    it('a million brackets', () => refused('['.repeat(1_000_000), 400, 'request.malformed'));
    it('a prototype', () => refused('{"name":"x","__proto__":{"admin":true}}', 400, 'request.malformed'));
    it('a prototype deep inside', () =>
      refused('{"name":"x","extra":{"a":{"__proto__":{}}}}', 400, 'request.malformed'));
    it('a constructor', () =>
      refused('{"name":"x","extra":{"constructor":{"prototype":{}}}}', 400, 'request.malformed'));
    it('too large', () => refused(`{"name":"${'x'.repeat(BODY_BYTES_MAX)}"}`, 413, 'request.too_large'));
    it('another media type', () =>
      refused('<a/>', 415, 'request.unsupported_media', { 'content-type': 'text/xml' }));
    it('a form', () =>
      refused('name=x', 415, 'request.unsupported_media', {
        'content-type': 'application/x-www-form-urlencoded',
      }));
    it('plain text', () => refused('x', 415, 'request.unsupported_media', { 'content-type': 'text/plain' }));
    it.each([
      'multipart/form-data',
      'multipart/form-data; boundary=',
      'multipart/form-data; boundary=x',
      'application/json; charset=utf-16',
      'application/json;charset="latin1"',
    ])('JSON that claims to be %s', (type) =>
      refused('{"name":"x"}', 415, 'request.unsupported_media', { 'content-type': type }),
    );
    it.each(['application/json; charset=utf-8', 'application/json;charset="UTF-8"', 'application/json'])(
      'and taken as %s',
      async (type) => {
        const headers = { 'content-type': type };
        expect((await gateway.post('/v1/things', { name: 'x' }, { headers })).status).toBe(201);
      },
    );
    it('compressed', () => refused('x', 415, 'request.unsupported_media', { 'content-encoding': 'gzip' }));

    it('takes brackets inside texts for what they are', async () => {
      expect((await gateway.post('/v1/things', { name: '[{'.repeat(40) + '\\"[' })).status).toBe(201);
    });
  });

  describe('to nowhere', () => {
    it.each(['/v1/nothing', '/nothing', '/', '/v1', '/v1/things/a/b/c'])('answers 404: %s', async (path) => {
      const response = await gateway.fetch(path);
      expect(await problemIn(response)).toMatchObject({ status: 404, code: 'request.not_found' });
    });

    it('says which methods an address takes', async () => {
      const response = await gateway.fetch('/v1/things', { method: 'PUT' });
      expect(response.headers.get('allow')).toBe('POST, GET');
      expect(await problemIn(response)).toMatchObject({ status: 405, code: 'request.method_not_allowed' });
    });

    it('answers an address that cannot be decoded or is too long', async () => {
      expect(await problemIn(await gateway.fetch('/v1/things/%E0%A4%A'))).toMatchObject({ status: 400 });
      expect(await problemIn(await gateway.fetch(`/v1/things/${'x'.repeat(300)}`))).toMatchObject({
        status: 414,
      });
    });

    it('answers what is not HTTP', async () => {
      const { port } = new URL(gateway.url);
      const text = await new Promise<string>((resolve) => {
        let received = '';
        const socket = connect(Number(port), '127.0.0.1', () => socket.write('HELLO THERE\r\n\r\n'));
        socket.on('data', (chunk) => (received += chunk.toString()));
        socket.on('close', () => resolve(received));
      });
      expect(text).toMatch(/^HTTP\/1\.1 400 /);
      expect(text).toContain('application/problem+json');
    });
  });

  describe('that the service refuses', () => {
    it.each([
      ['invalid', 400],
      ['unauthenticated', 401],
      ['insufficient_funds', 402],
      ['forbidden', 403],
      ['not_found', 404],
      ['conflict', 409],
      ['precondition_failed', 412],
      ['too_large', 413],
      ['unsupported_media', 415],
      ['unprocessable', 422],
      ['rate_limited', 429],
      ['internal', 500],
      ['unavailable', 503],
      ['timeout', 504],
    ] as const)('with %s answers %i with its code, text and extras', async (kind, status) => {
      answer = () => {
        throw new AppError(
          'thing.wrong',
          { kind, text: 'Not like this.' },
          { extras: { field: 'name' }, retryAfterSeconds: 7, internal: 'secret' },
        );
      };
      const response = await gateway.fetch(`/v1/things/${thing.id}`);
      expect(response.headers.get('retry-after')).toBe('7');
      const problem = await problemIn(response);
      expect(problem).toMatchObject({ status, code: 'thing.wrong', title: 'Not like this.', field: 'name' });
      expect(JSON.stringify(problem)).not.toContain('secret');
    });
  });

  describe('carries', () => {
    it("the client's request id and trace on to the service, and answers the id", async () => {
      const trace = '0af7651916cd43dd8448eb211c80319c';
      const response = await gateway.fetch('/v1/things', {
        headers: { 'x-request-id': 'my-request.1', traceparent: `00-${trace}-b7ad6b7169203331-01` },
      });
      expect(response.headers.get('x-request-id')).toBe('my-request.1');
      expect(seen[0]?.ctx).toMatchObject({
        requestId: 'my-request.1',
        traceparent: expect.stringContaining(trace),
      });
    });

    it.each(['short', 'with space in it', 'x'.repeat(65), '<script>alert(1)</script>'])(
      'an id of its own instead of "%s"',
      async (given) => {
        const response = await gateway.fetch('/v1/things', { headers: { 'x-request-id': given } });
        expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      },
    );

    it("the caller's idempotency key with what was asked, the same for the same and another for anything else", async () => {
      const one = await gateway.token({ tenantId: newId() });
      const other = await gateway.token({ tenantId: newId() });
      const keyOf = async (token: string, key: string, body: unknown) => {
        await gateway.post('/v1/things', body, { token, headers: { 'idempotency-key': key } });
        return seen.at(-1)?.ctx.idempotencyKey as string;
      };
      const first = await keyOf(one, 'k1', { name: 'a' });
      const body = createHash('sha256').update('{"name":"a"}').digest('base64url');
      expect(first.split('\t')[1]).toBe(`POST /v1/things ${body}`);
      expect(await keyOf(one, 'k1', { name: 'a' })).toBe(first);
      const [key] = first.split('\t');
      expect((await keyOf(one, 'k1', { name: 'b' })).split('\t')[0]).toBe(key);
      expect((await keyOf(one, 'k2', { name: 'a' })).split('\t')[0]).not.toBe(key);
      expect((await keyOf(other, 'k1', { name: 'a' })).split('\t')[0]).not.toBe(key);
    });

    it('no idempotency key where repeating needs none', async () => {
      await gateway.fetch('/v1/things', { headers: { 'idempotency-key': 'k' } });
      expect(seen[0]?.ctx.idempotencyKey).toBeUndefined();
    });

    it.each(['with space', 'x'.repeat(256)])('no idempotency key like "%s"', async (key) => {
      const response = await gateway.post(
        '/v1/things',
        { name: 'x' },
        { headers: { 'idempotency-key': key } },
      );
      expect(await problemIn(response)).toMatchObject({ status: 400, errors: [{ code: 'idempotency_key' }] });
      expect(seen).toEqual([]);
    });
  });

  describe('with a file', () => {
    it('is streamed into the object storage', async () => {
      const form = new FormData();
      form.set('file', new Blob(['x'.repeat(3 * BODY_BYTES_MAX)]), 'leads.csv');
      const response = await gateway.fetch('/v1/uploads', { method: 'POST', body: form });
      expect([response.status, await response.json()]).toEqual([201, { bytes: 3 * BODY_BYTES_MAX }]);
    });

    it('that is cut off in the middle leaves nothing behind', async () => {
      const tenantId = newId();
      const boundary = 'xyz';
      const response = await gateway.fetch('/v1/uploads', {
        method: 'POST',
        token: await gateway.token({ tenantId }),
        headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
        body: `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\nfirst,second\r\n`,
      });
      expect(await problemIn(response)).toMatchObject({ status: 400, code: 'request.upload_broken' });
      expect(await readdir(join(gateway.storageDir, tenantId, 'uploads'))).toEqual([]);
    });
  });

  it('carries headers that keep browsers from taking an answer for a page', async () => {
    const response = await gateway.fetch('/v1/things');
    expect(response.headers.get('content-security-policy')).toBe(
      "default-src 'none'; frame-ancestors 'none'",
    );
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('carries headers that keep browsers on TLS and answers out of caches', async () => {
    for (const response of [await gateway.fetch('/v1/things'), await gateway.fetch('/v1/nothing')]) {
      expect(response.headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains');
      expect(response.headers.get('cache-control')).toBe('no-store');
    }
  });
});
