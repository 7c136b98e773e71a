/** A copy of `body` with `value` where `pointer` says; what is missing on the way is made. */
export function withValue(body: unknown, pointer: readonly string[], value: unknown): unknown {
  const [name, ...rest] = pointer;
  if (name === undefined) return value;
  if (/^\d+$/.test(name)) {
    const list = Array.isArray(body) ? [...(body as unknown[])] : [];
    list[Number(name)] = withValue(list[Number(name)], rest, value);
    return list;
  }
  const object = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  return { ...object, [name]: withValue(object[name], rest, value) };
}

/** What is there in a body; undefined where nothing is. */
export function valueAt(body: unknown, pointer: readonly string[]): unknown {
  return pointer.reduce<unknown>(
    (value, part) => (value as Record<string, unknown> | null | undefined)?.[part],
    body,
  );
}

/** The name of the field at a pointer, whichever item of a list it is. */
export function nameAt(pointer: readonly string[]): string {
  return pointer.findLast((part) => !/^\d+$/.test(part)) ?? '';
}

/** A body whose first item of the list on the way to `pointer` comes twice, and has `value` at `pointer` unless something is there. */
export function twice(body: unknown, pointer: readonly string[], value: unknown): unknown {
  const filled = valueAt(body, pointer) === undefined ? withValue(body, pointer, value) : body;
  const list = pointer.slice(0, pointer.indexOf('0'));
  const [first] = valueAt(filled, list) as unknown[];
  return withValue(filled, list, [first, structuredClone(first)]);
}
