import { assert } from '@leadwire/kernel';

/** A foreign key inside a schema. */
export type TenantTableLink = {
  child: string;
  parent: string;
  childColumns: string[];
  parentColumns: string[];
};

export type TenantTable = { name: string; selfLinks: TenantTableLink[] };

/**
 * The tables in an order in which their rows can be deleted: who points at a table goes before it.
 * @throws AssertionError when a kept table points at one that is not kept, or tables point at each other in a circle
 */
export function erasureOrder(
  tables: readonly string[],
  links: readonly TenantTableLink[],
  kept: readonly string[],
): TenantTable[] {
  for (const name of kept) assert(tables.includes(name), `${name} is kept, but there is no such table`);
  const left = new Set(tables.filter((name) => !kept.includes(name)));
  const between = links.filter(({ child, parent }) => child !== parent && left.has(parent));
  for (const { child, parent } of between)
    assert(!kept.includes(child), `${child} is kept and points at ${parent}, which is not`);
  const order: TenantTable[] = [];
  while (left.size > 0) {
    const free = [...left].filter(
      (name) => !between.some(({ child, parent }) => parent === name && left.has(child)),
    );
    assert(free.length > 0, `these tables point at each other: ${[...left].join(', ')}`);
    for (const name of free.sort()) {
      left.delete(name);
      order.push({ name, selfLinks: links.filter(({ child, parent }) => child === name && parent === name) });
    }
  }
  return order;
}
