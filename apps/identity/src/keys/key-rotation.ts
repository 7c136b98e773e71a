import { ACCESS_TOKEN } from '@leadwire/contracts';

const MINUTE_MS = 60_000;
/** A key is published so long before it signs: verifiers fetch the published keys more often than that. */
export const PUBLISHED_AHEAD_MS = 10 * MINUTE_MS;
/** A key that signs no more is published until its last token has expired, and a margin for replicas and clocks. */
export const RETIRING_MS = ACCESS_TOKEN.ttlSeconds * 1000 + 5 * MINUTE_MS;

/** next: published, does not sign yet. active: signs. retiring: verifies what it signed. retired: neither. */
export type KeyState = 'next' | 'active' | 'retiring' | 'retired';
export type KeyRow = {
  id: string;
  state: KeyState;
  publishedAt: Date;
  activatedAt: Date | null;
  retiringAt: Date | null;
};
export type KeyStep =
  { do: 'retire'; id: string } | { do: 'activate'; id: string; insteadOf: string | null } | { do: 'publish' };

/** Whether to change the signing key: when it is old enough, now if the next one is known long enough, or now at any rate. */
export type Wish = { rotateEveryMs: number } | 'rotate' | 'rotate-at-once';

/**
 * What is to be done with the keys. There is always one that signs and one that is ready to; nothing is signed with a key that
 * verifiers cannot know yet, unless somebody insists.
 */
export function dueSteps(keys: readonly KeyRow[], now: Date, wish: Wish): KeyStep[] {
  const of = (state: KeyState) => keys.filter((key) => key.state === state);
  const [active, next] = [of('active')[0], of('next')[0]];
  const steps: KeyStep[] = of('retiring')
    .filter(({ retiringAt }) => retiringAt && age(retiringAt, now) >= RETIRING_MS)
    .map(({ id }) => ({ do: 'retire', id }));
  if (next && (!active || isDue(active, next, now, wish))) {
    steps.push({ do: 'activate', id: next.id, insteadOf: active?.id ?? null }, { do: 'publish' });
  } else if (!next) {
    steps.push({ do: 'publish' });
  }
  return steps;
}

function isDue(active: KeyRow, next: KeyRow, now: Date, wish: Wish): boolean {
  if (wish === 'rotate-at-once') return true;
  if (age(next.publishedAt, now) < PUBLISHED_AHEAD_MS) return false;
  return wish === 'rotate' || age(active.activatedAt ?? active.publishedAt, now) >= wish.rotateEveryMs;
}

function age(since: Date, now: Date): number {
  return now.getTime() - since.getTime();
}
