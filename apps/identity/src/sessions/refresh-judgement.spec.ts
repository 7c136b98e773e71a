import {
  judgeRefresh,
  REPLAY_GRACE_MS,
  SESSION_IDLE_MS,
  SESSION_LIFETIME_MS,
  type PresentedToken,
} from './refresh-judgement.js';

const now = new Date('2026-11-22T12:00:00Z');
const ago = (ms: number) => new Date(now.getTime() - ms);
const token = (over: Partial<PresentedToken> = {}): PresentedToken => ({
  tokenGeneration: 3,
  tokenCreatedAt: ago(1_000),
  sessionGeneration: 3,
  excusedGeneration: 2,
  rotatedAt: ago(1_000),
  expiresAt: new Date(now.getTime() + SESSION_LIFETIME_MS),
  endedAt: null,
  sameClient: true,
  ...over,
});

describe('a refresh token', () => {
  it.each<[string, string, Partial<PresentedToken>]>([
    ['is exchanged while it is the newest', 'rotate', {}],
    ['is exchanged at the end of its idle time', 'rotate', { tokenCreatedAt: ago(SESSION_IDLE_MS) }],
    ['expires after its idle time', 'expired', { tokenCreatedAt: ago(SESSION_IDLE_MS + 1) }],
    ['expires with its session', 'expired', { expiresAt: now }],
    [
      'is excused shortly after its successor was made',
      'replay',
      { tokenGeneration: 2, rotatedAt: ago(REPLAY_GRACE_MS) },
    ],
    [
      'ends the session at once when another device brings it',
      'reuse-detected',
      { tokenGeneration: 2, sameClient: false },
    ],
    [
      'is excused when only a change of team came in between',
      'replay',
      { tokenGeneration: 1, excusedGeneration: 1 },
    ],
    ['ends the session later', 'reuse-detected', { tokenGeneration: 2, rotatedAt: ago(REPLAY_GRACE_MS + 1) }],
    ['ends the session once its successor was used', 'reuse-detected', { tokenGeneration: 1 }],
    [
      'ends the session however old it is',
      'reuse-detected',
      { tokenGeneration: 0, tokenCreatedAt: ago(SESSION_IDLE_MS * 2) },
    ],
    ['does nothing once the session has ended', 'ended', { endedAt: ago(1), tokenGeneration: 0 }],
  ])('%s', (_, verdict, over) => expect(judgeRefresh(token(over), now)).toBe(verdict));
});
