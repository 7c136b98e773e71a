import { createHash } from 'node:crypto';
import { RunningSandbox } from './running-sandbox.js';

describe('the page', () => {
  let sandbox: RunningSandbox;

  beforeAll(async () => {
    sandbox = await RunningSandbox.start();
  });
  afterAll(() => sandbox.stop());

  const between = (html: string, tag: string) => html.split(`<${tag}>`)[1]?.split(`</${tag}>`)[0] ?? '';

  it('is one document that loads nothing else and runs its own script only', async () => {
    const response = await sandbox.request('GET', '/');
    const html = await response.text();
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(html).not.toMatch(/(src|href)="/);
    const hash = createHash('sha256').update(between(html, 'script')).digest('base64');
    const policy = response.headers.get('content-security-policy');
    expect(policy).toContain(`script-src 'sha256-${hash}'`);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
  });

  it('has every element that its script looks for', async () => {
    const html = await (await sandbox.request('GET', '/')).text();
    const wanted = [...between(html, 'script').matchAll(/\$\('([\w-]+)'\)/g)].map(([, id]) => id);
    expect(wanted.length).toBeGreaterThan(10);
    expect(wanted.filter((id) => !html.includes(`id="${id}"`))).toEqual([]);
  });

  it('never writes mail content as markup', async () => {
    const script = between(await (await sandbox.request('GET', '/')).text(), 'script');
    expect(script).toContain('textContent');
    expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|eval/);
  });

  it("serves a mail's HTML so that no script in it can run and nothing is loaded from elsewhere", async () => {
    const html = '<p onclick="steal()">Hi</p><script>steal()</script><img src="https://tracker.test/pixel">';
    await sandbox.send({ to: 'html@x.test', html });
    const { items } = await sandbox.get<{ items: { id: number }[] }>('/mails?to=html@x.test');
    const response = await sandbox.request('GET', `/mails/${items[0]?.id}/html`);
    expect(await response.text()).toContain('Hi</p>');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^sandbox /);
    expect(policy).not.toMatch(/allow-scripts|allow-same-origin|script-src/);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain('img-src data:;');
  });

  it('asks for payments where the sandbox has them', async () => {
    const script = between(await (await sandbox.request('GET', '/')).text(), 'script');
    expect(script).toContain('stripe/payments?limit=');
    expect(await sandbox.get('/stripe/payments?limit=20')).toEqual({ items: [] });
    expect((await sandbox.request('GET', '/stripe/payments?limit=many')).status).toBe(400);
  });

  it('serves the source of a mail as text, whatever it contains', async () => {
    await sandbox.send({ to: 'raw@x.test', subject: '<script>steal()</script>' });
    const { items } = await sandbox.get<{ items: { id: number }[] }>('/mails?to=raw@x.test');
    const response = await sandbox.request('GET', `/mails/${items[0]?.id}/raw`);
    expect(response.headers.get('content-type')).toContain('text/plain');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });
});
