/** What a form says: text, or a nested object or list of it. */
export type FormValue = string | FormValue[] | { [name: string]: FormValue };
export type Form = { [name: string]: FormValue };

const NAME = /^([^[\]]+)((?:\[[^[\]]*\])*)$/;
const DEPTH_MAX = 8;
/** More indexes than any list of ours has; a sparse list would cost memory for nothing. */
const LIST_MAX = 500;

/**
 * Nests flat names as Stripe's libraries write them: `line_items[0][price_data][currency]`, `expand[]`. Names that are not
 * well-formed are kept as they are, so that they are refused as unknown parameters.
 */
export function decodeForm(entries: Iterable<[string, string]>): Form {
  const root = plain();
  for (const [name, value] of entries) put(root, pathOf(name), value);
  return lists(root) as Form;
}

function pathOf(name: string): string[] {
  const [, head, tail = ''] = NAME.exec(name) ?? [];
  const path =
    head === undefined ? [name] : [head, ...[...tail.matchAll(/\[([^\]]*)\]/g)].map(([, key]) => key ?? '')];
  return path.length > DEPTH_MAX ? [name] : path;
}

type Node = { [name: string]: Node | string };

/** Without a prototype, `__proto__` is a name like any other. */
function plain(): Node {
  return Object.create(null) as Node;
}

function put(root: Node, path: string[], value: string): void {
  let node = root;
  for (const [i, part] of path.entries()) {
    const key = part === '' ? String(Object.keys(node).length) : part;
    if (i === path.length - 1) {
      node[key] = value;
      return;
    }
    const next = node[key];
    node = typeof next === 'object' ? next : (node[key] = plain());
  }
}

/** Turns nodes whose names are 0, 1, 2 … into lists. */
function lists(node: Node | string): FormValue {
  if (typeof node === 'string') return node;
  const keys = Object.keys(node);
  const entries = keys.map((key): [string, FormValue] => [key, lists(node[key] as Node | string)]);
  const isList = keys.length > 0 && keys.length <= LIST_MAX && keys.every((key, i) => key === String(i));
  return isList ? entries.map(([, value]) => value) : Object.assign(plain(), Object.fromEntries(entries));
}
