import { checkTemplate, renderMail, type LeadFacts } from './liquid.js';

const lead = (over: Partial<LeadFacts> = {}): LeadFacts => ({
  firstName: 'Ada',
  lastName: 'Lovelace',
  email: 'ada@example.com',
  phone: null,
  companyName: null,
  title: '  ',
  linkedinUrl: null,
  customFields: { city: 'London', tags: ['a', 'b'] },
  ...over,
});
const sender = { name: 'Sam', email: 'sam@seller.test' };
const render = (subject: string, body: string, variables = {}, over: Partial<LeadFacts> = {}) =>
  renderMail({ subject, body, variables }, lead(over), sender);

describe('rendering a mail', () => {
  it('fills in what is known of the lead and the sender', () => {
    expect(render('Hi {{ firstName }}', 'From {{ custom.city }}, {{ sender.name }}')).toEqual({
      ok: true,
      subject: 'Hi Ada',
      body: 'From London, Sam',
    });
  });

  it.each([
    ['a missing', '{{ companyName }}', 'companyName'],
    ['a blank', '{{ title }}', 'title'],
    ['a missing custom', '{{ custom.budget }}', 'custom.budget'],
    ['an inherited', '{{ custom.constructor }}', 'custom.constructor'],
  ])('refuses %s variable and names it', (_, body, name) => {
    expect(render('x', body)).toMatchObject({ ok: false, reason: expect.stringContaining(name) });
  });

  it('uses the fallback of the schema and the default filter', () => {
    const variables = { companyName: { fallback: 'your company' } };
    expect(
      render('x', '{{ companyName }} {{ phone | default: "-" }}{% if title %}!{% endif %}', variables),
    ).toMatchObject({
      body: 'your company -',
    });
  });

  it('cannot be made to start another header', () => {
    expect(render('Hi {{ firstName }}', 'x', {}, { firstName: 'A\r\nBcc: all@victim.test' })).toMatchObject({
      subject: 'Hi A Bcc: all@victim.test',
    });
  });

  it.each([
    ['reads files', '{% include "/etc/passwd" %}'],
    ['loops without end', '{% for i in (1..100000000) %}{{ i }}{% endfor %}'],
    ['loops more often than a mail needs', '{% for i in (1..60000) %}{% endfor %}x'],
    ['has an empty text', '{% assign x = 1 %}'],
  ])('refuses a template that %s', (_, body) => {
    expect(render('x', body)).toMatchObject({ ok: false });
  });
});

describe('the time that a template may take', () => {
  /** A template that asks twice for a city, which does something each time. */
  const asking = (does: () => void) => {
    const place = {
      get city() {
        does();
        return 'London';
      },
    };
    const body = '{{ custom.place.city }} {{ custom.place.city }}, {{ firstName }}';
    return render('x', body, {}, { customFields: { place } });
  };

  it('is not what passes while the process is stopped, however often', () => {
    const stop = () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30);
    expect(asking(stop)).toMatchObject({ ok: true, body: 'London London, Ada' });
  });

  it('is what it works for', () => {
    const work = () => {
      const begun = process.threadCpuUsage();
      while (process.threadCpuUsage(begun).user < 25_000);
    };
    expect(asking(work)).toMatchObject({ ok: false, reason: expect.stringContaining('limit') });
  });
});

describe('checking a template', () => {
  const check = (body: string, schema?: Record<string, object>) =>
    checkTemplate({ subject: 's', body }, schema);

  it('derives the schema from the texts', () => {
    expect(
      check('{{ firstName }} {{ custom.city | upcase }} {% for t in custom.tags %}{{ t }}{% endfor %}'),
    ).toEqual({
      variables: { 'custom.city': {}, 'custom.tags': {}, firstName: {} },
      problems: [],
    });
  });

  it.each([
    ['does not parse', '{{ firstName', undefined, 'liquid'],
    ['has an unknown tag', '{% explode %}', undefined, 'liquid'],
    ['has an unknown filter', '{{ firstName | explode }}', undefined, 'liquid'],
    ['names an unknown variable', '{{ surname }}', undefined, 'unknown_variable'],
    ['uses an undeclared variable', '{{ firstName }}', {}, 'undeclared_variable'],
    ['declares an unknown variable', 'x', { nonsense: {} }, 'unknown_variable'],
    ['declares a malformed one', 'x', { firstName: { fallback: 5 } }, 'shape'],
  ])('finds that it %s', (_, body, schema, code) => {
    expect(check(body, schema).problems.map((problem) => problem.code)).toContain(code);
  });
});
