import { dueSteps, PUBLISHED_AHEAD_MS, RETIRING_MS, type KeyRow, type Wish } from './key-rotation.js';

const now = new Date('2026-11-23T12:00:00Z');
const ago = (ms: number) => new Date(now.getTime() - ms);
const DAY_MS = 86_400_000;
const daily: Wish = { rotateEveryMs: DAY_MS };
const next = (publishedAt: Date): KeyRow => ({
  ...{ id: 'n', state: 'next', publishedAt },
  ...{ activatedAt: null, retiringAt: null },
});
const active = (activatedAt: Date): KeyRow => ({
  ...{ id: 'a', state: 'active', publishedAt: activatedAt },
  ...{ activatedAt, retiringAt: null },
});
const retiring = (retiringAt: Date): KeyRow => ({
  ...active(ago(DAY_MS)),
  id: 'r',
  state: 'retiring',
  retiringAt,
});
const change = [{ do: 'activate', id: 'n', insteadOf: 'a' }, { do: 'publish' }];

describe('the signing keys', () => {
  it.each<[string, KeyRow[], Wish, object[]]>([
    ['stay as they are while the key is young', [active(ago(DAY_MS - 1)), next(ago(DAY_MS))], daily, []],
    ['change when it is old', [active(ago(DAY_MS)), next(ago(PUBLISHED_AHEAD_MS))], daily, change],
    [
      'wait until the next one is known',
      [active(ago(2 * DAY_MS)), next(ago(PUBLISHED_AHEAD_MS - 1))],
      daily,
      [],
    ],
    ['get a next one when there is none', [active(ago(2 * DAY_MS))], daily, [{ do: 'publish' }]],
    ['change on command', [active(ago(1)), next(ago(PUBLISHED_AHEAD_MS))], 'rotate', change],
    ['do not change on command before the next one is known', [active(ago(1)), next(ago(1))], 'rotate', []],
    ['change at once when somebody insists', [active(ago(1)), next(ago(1))], 'rotate-at-once', change],
    [
      'sign with the next one when the active one was taken away',
      [next(ago(1))],
      daily,
      [{ do: 'activate', id: 'n', insteadOf: null }, { do: 'publish' }],
    ],
    [
      'keep a retiring key while its tokens live',
      [active(now), next(now), retiring(ago(RETIRING_MS - 1))],
      daily,
      [],
    ],
    [
      'let it go then',
      [active(now), next(now), retiring(ago(RETIRING_MS))],
      daily,
      [{ do: 'retire', id: 'r' }],
    ],
  ])('%s', (_, keys, wish, steps) => expect(dueSteps(keys, now, wish)).toEqual(steps));
});
