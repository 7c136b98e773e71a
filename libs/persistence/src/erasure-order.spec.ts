import { erasureOrder, type TenantTableLink } from './erasure-order.js';

const link = (child: string, parent: string): TenantTableLink => ({
  child,
  parent,
  childColumns: ['tenant_id', `${parent}_id`],
  parentColumns: ['tenant_id', 'id'],
});
const namesOf = (...args: Parameters<typeof erasureOrder>) => erasureOrder(...args).map(({ name }) => name);

describe('the order in which a tenant is erased', () => {
  it('takes who points at a table before it', () => {
    const links = [link('notes', 'leads'), link('leads', 'stages'), link('marks', 'notes')];
    expect(namesOf(['stages', 'leads', 'notes', 'marks', 'alone'], links, [])).toEqual([
      'alone',
      'marks',
      'notes',
      'leads',
      'stages',
    ]);
  });

  it('leaves the kept tables out, and knows which point at themselves', () => {
    const order = erasureOrder(
      ['ledger', 'usage', 'tree'],
      [link('usage', 'ledger'), link('tree', 'tree')],
      ['ledger'],
    );
    expect(order.map(({ name, selfLinks }) => [name, selfLinks.length])).toEqual([
      ['tree', 1],
      ['usage', 0],
    ]);
  });

  it.each([
    [
      'a kept table that points at one that goes',
      ['a', 'b'],
      [link('a', 'b')],
      ['a'],
      /a is kept and points at b/,
    ],
    ['a circle', ['a', 'b'], [link('a', 'b'), link('b', 'a')], [], /point at each other: a, b/],
    ['a kept table that does not exist', ['a'], [], ['c'], /there is no such table/],
  ])('refuses %s', (_, tables, links, kept, message) => {
    expect(() => erasureOrder(tables, links, kept)).toThrow(message);
  });
});
