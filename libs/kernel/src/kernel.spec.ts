import {
  AppError,
  can,
  continueTrace,
  defineErrors,
  isUuid,
  newCtx,
  newId,
  remainingMs,
  systemCtx,
  traceIdOf,
} from './index.js';

describe('ids', () => {
  it('sort by the time they were made', () => {
    const made = Array.from({ length: 1000 }, () => newId());
    expect([...made].sort()).toEqual(made);
  });

  it.each([['not-a-uuid'], [''], [7], [null], ["' OR 1=1 --"], ['00000000-0000-0000-0000-00000000000G']])(
    'are not %p',
    (value) => expect(isUuid(value)).toBe(false),
  );
});

describe('a context', () => {
  it('cannot be widened on its way down', () => {
    const ctx = newCtx({ tenantId: newId() });
    expect(() => Object.assign(ctx, { tenantId: newId() })).toThrow(TypeError);
  });

  it('lets a person do what its capabilities name, and the system everything in its tenant', () => {
    expect(can(newCtx({ capabilities: new Set(['leads.read']) }), 'leads.read')).toBe(true);
    expect(can(newCtx({ capabilities: new Set(['leads.read']) }), 'leads.write')).toBe(false);
    expect(can(systemCtx(newId()), 'leads.write')).toBe(true);
  });

  it('never has less than no time left', () => {
    expect(remainingMs(newCtx({ deadline: Date.now() - 5_000 }))).toBe(0);
  });
});

describe('a trace', () => {
  it('goes on with a new span', () => {
    const caller = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const own = continueTrace(caller);
    expect(traceIdOf(own)).toBe('0af7651916cd43dd8448eb211c80319c');
    expect(own).not.toBe(caller);
  });

  it.each([['garbage'], [''], ['00-xyz-b7ad6b7169203331-01']])('starts anew after %p', (header) => {
    expect(continueTrace(header)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });
});

describe('errors', () => {
  const errors = defineErrors('thing', { gone: { kind: 'not_found', text: 'It is gone.' } });

  it('carry a dotted code and keep what is internal apart from what is public', () => {
    const error = errors.gone({ internal: 'row 7' });
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: 'thing.gone', kind: 'not_found', message: 'It is gone.' });
    expect(error.message).not.toContain('row 7');
  });
});
