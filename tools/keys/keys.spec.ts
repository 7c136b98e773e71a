import type { Ctx } from '@leadwire/kernel';
import type { RotateSigningKeys, SigningKeyList } from '@leadwire/contracts';
import { runKeysCommand } from './commands.ts';

const ctx = () => ({}) as Ctx;
const moment = '2026-11-23T12:00:00.000Z';
const list: SigningKeyList = {
  items: [
    { id: 'k2', state: 'next', publishedAt: moment, activatedAt: null, retiringAt: null },
    { id: 'k1', state: 'active', publishedAt: moment, activatedAt: moment, retiringAt: null },
  ],
};

describe('npm run keys', () => {
  const asked: RotateSigningKeys[] = [];
  const keys = {
    list: () => Promise.resolve(list),
    rotate: (_: Ctx, input: RotateSigningKeys) => (asked.push(input), Promise.resolve(list)),
  };

  it('prints one line for each key, with its state and since when', async () => {
    expect(await runKeysCommand(keys, ctx, { command: 'list', now: false })).toBe(
      `k2  next      published ${moment}\nk1  active    published ${moment}  signs since ${moment}`,
    );
  });

  it('rotates when the next key is known, or now when it is told to', async () => {
    await runKeysCommand(keys, ctx, { command: 'rotate', now: false });
    await runKeysCommand(keys, ctx, { command: 'rotate', now: true });
    expect(asked).toEqual([{ atOnce: false }, { atOnce: true }]);
  });

  it('explains itself when it is asked for anything else', async () => {
    await expect(runKeysCommand(keys, ctx, { command: 'revoke', now: false })).rejects.toThrow(
      'npm run keys',
    );
  });
});
