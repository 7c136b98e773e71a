import { JSON_TYPE, type Operation } from './openapi.ts';

const REQUEST_TIMEOUT_MS = 20_000;

/** Everything that one call says, as it goes over the wire. */
export type Request = {
  method: string;
  /** Path and query, encoded. */
  target: string;
  headers: Record<string, string>;
  body?: string | FormData | Uint8Array;
};
/** What came back; `target` and body of the request stay with it, to tell an echo from a leak. */
export type Answer = { status: number; headers: Record<string, string>; text: string; sent: string };

/** Sends one request and reads its answer to the end; of a stream only the head. @throws Error when nothing comes back in time */
export async function send(api: string, request: Request, streams = false): Promise<Answer> {
  const hangUp = new AbortController();
  const timeout = setTimeout(() => hangUp.abort(new Error('no answer in time')), REQUEST_TIMEOUT_MS);
  try {
    const { method, target, headers, body } = request;
    const response = await fetch(api + target, {
      method,
      headers,
      ...(body === undefined ? {} : { body: body as RequestInit['body'] }),
      redirect: 'manual',
      signal: hangUp.signal,
    });
    const isOpen = streams && response.ok;
    const text = isOpen ? '' : await response.text();
    if (isOpen) await response.body?.cancel();
    const answer = { status: response.status, headers: Object.fromEntries(response.headers), text };
    return { ...answer, sent: await sentBy(request) };
  } finally {
    clearTimeout(timeout);
  }
}

async function sentBy({ target, body }: Request): Promise<string> {
  if (!(body instanceof FormData)) return `${target} ${typeof body === 'string' ? body : ''}`;
  const parts = [...body].map(async ([name, value]) =>
    typeof value === 'string' ? `${name} ${value}` : `${name} ${value.name} ${await value.text()}`,
  );
  return `${target} ${(await Promise.all(parts)).join(' ')}`;
}

/** The parts that one call of an operation is made of. */
export type CallParts = {
  ids: Record<string, string>;
  query?: Record<string, string> | undefined;
  body?: unknown;
  form?: FormData | undefined;
  headers?: Record<string, string> | undefined;
};

/** @throws Error when a parameter of the path has no value */
export function requestOf(operation: Operation, { ids, query, body, form, headers }: CallParts): Request {
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const id = ids[name];
    if (id === undefined) throw new Error(`${operation.id}: there is no example of {${name}}.`);
    return encodeURIComponent(id);
  });
  const search = new URLSearchParams(query).toString();
  const json = body === undefined ? undefined : JSON.stringify(body);
  return {
    method: operation.method,
    target: search ? `${path}?${search}` : path,
    headers: { ...headers, ...(json === undefined ? {} : { 'content-type': JSON_TYPE }) },
    ...(form ? { body: form } : json === undefined ? {} : { body: json }),
  };
}
