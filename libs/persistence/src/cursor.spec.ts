import { randomBytes } from 'node:crypto';
import { newCtx, newId } from '@leadwire/kernel';
import { Cursors } from './cursor.js';

describe('a cursor', () => {
  const cursors = new Cursors(randomBytes(32));
  const ctx = newCtx({ tenantId: newId() });
  const question = { limit: 2, stage: 'new' };
  const rows = [{ n: 1 }, { n: 2 }, { n: 3 }];
  const next = cursors.page(
    ctx,
    'leads',
    question,
    rows,
    ({ n }) => [n],
    ({ n }) => n,
  );

  it('leads on from the last item of the page', () => {
    expect(next.items).toEqual([1, 2]);
    expect(cursors.read(ctx, 'leads', { ...question, cursor: next.next as string })).toEqual({
      after: [2],
      limit: 2,
    });
  });

  it('is absent on the last page', () => {
    expect(
      cursors.page(
        ctx,
        'leads',
        question,
        rows.slice(0, 2),
        ({ n }) => [n],
        ({ n }) => n,
      ).next,
    ).toBeNull();
  });

  it.each([
    ['another filter', ctx, 'leads', { stage: 'won' }],
    ['another list', ctx, 'notes', { stage: 'new' }],
    ['another tenant', newCtx({ tenantId: newId() }), 'leads', { stage: 'new' }],
  ])('is refused for %s', (_, caller, list, filter) => {
    const read = () => cursors.read(caller, list, { ...filter, cursor: next.next as string });
    expect(read).toThrow(expect.objectContaining({ code: 'request.invalid' }));
  });

  it('that somebody made up is refused', () => {
    expect(() => cursors.read(ctx, 'leads', { cursor: 'WzFd.AAAA' })).toThrow(
      expect.objectContaining({ code: 'request.invalid' }),
    );
  });
});
