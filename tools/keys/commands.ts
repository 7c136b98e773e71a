import type { Ctx } from '@leadwire/kernel';
import type { SigningKeysApi, SigningKeyState } from '@leadwire/contracts';

export const USAGE = `npm run keys -- list
npm run keys -- rotate [--now]

Without --now the next key signs only once every verifier must know it: ten minutes after it was published.
The instance of this checkout is used, or the one that NATS_URL and OPERATOR_KEY name.`;

/**
 * Carries out one command and returns what to print.
 * @throws Error with the usage, or what identity answered
 */
export async function runKeysCommand(
  keys: Pick<SigningKeysApi, 'list' | 'rotate'>,
  ctx: () => Ctx,
  { command, now }: { command: string | undefined; now: boolean },
): Promise<string> {
  switch (command) {
    case 'list':
      return table((await keys.list(ctx(), {})).items);
    case 'rotate':
      return table((await keys.rotate(ctx(), { atOnce: now })).items);
    default:
      throw new Error(USAGE);
  }
}

function table(items: readonly SigningKeyState[]): string {
  return items
    .map(({ id, state, publishedAt, activatedAt, retiringAt }) => {
      const moments = [
        `published ${publishedAt}`,
        activatedAt && `signs since ${activatedAt}`,
        retiringAt && `until ${retiringAt}`,
      ];
      return [id, state.padEnd('retiring'.length), ...moments].filter(Boolean).join('  ');
    })
    .join('\n');
}
