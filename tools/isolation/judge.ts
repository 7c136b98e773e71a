import type { Answer } from './request.ts';

/** What an answer must be; `why` says which rule asks for it. */
export type Expectation = {
  statuses: readonly number[];
  /** Where the answer must send a browser. */
  location?: RegExp | undefined;
  why: string;
};

const PROBLEM = 'application/problem+json';

/** What is wrong with an answer; nothing when it is as expected. */
export function faultsOf(answer: Answer, { statuses, location, why }: Expectation): string[] {
  const faults: string[] = [];
  if (!statuses.includes(answer.status))
    faults.push(
      `answered ${answer.status} instead of ${statuses.join(' or ')} (${why}): ${answer.text.slice(0, 300)}`,
    );
  const sentTo = answer.headers['location'] ?? 'nowhere';
  if (location && !location.test(sentTo)) faults.push(`sends to ${sentTo} (${why})`);
  if (answer.status >= 400) faults.push(...problemFaults(answer));
  return faults;
}

/** What keeps an answer from being RFC 9457 as we speak it. */
export function problemFaults({ status, headers, text }: Answer): string[] {
  const type = headers['content-type'] ?? 'none';
  if (type !== PROBLEM) return [`answered ${status} as ${type} instead of ${PROBLEM}`];
  const problem = parsed(text) as { code?: unknown; status?: unknown; requestId?: unknown } | undefined;
  if (typeof problem?.code !== 'string') return [`answered ${status} without a code`];
  if (problem.status !== status) return [`answered ${status} but says ${String(problem.status)}`];
  return typeof problem.requestId === 'string' ? [] : [`answered ${status} without a requestId`];
}

/** What is wrong with an answer that refuses the request for another thing than what stands at a place of its body. */
export function otherFaults({ status, text }: Answer, at: readonly string[]): string[] {
  if (status !== 400) return [];
  const { errors = [] } = (parsed(text) ?? {}) as { errors?: { pointer: string }[] };
  const isAbout = errors.some(({ pointer }) => pointer === `/${at.join('/')}`);
  return isAbout ? [] : [`refused something else than the id at /${at.join('/')}: ${text.slice(0, 300)}`];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
