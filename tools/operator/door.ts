import type { Api, OperatorTenant } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';

/** How an operator's command asks the services: as the system, a fresh context for each question. */
export type Door = { client: <S>(api: Api<S>) => S; ctx: () => Ctx };
export type Options = Readonly<Record<string, string | undefined>>;

/**
 * The team that an id or a slug names.
 * @throws Error when there is none
 */
export async function teamOf({ client, ctx }: Door, words: string[]): Promise<OperatorTenant> {
  const [target] = words;
  if (!target) throw new Error('Name a team, by its id or slug.');
  const { operatorsApi } = await import('@leadwire/contracts');
  const { items } = await client(operatorsApi).listTenants(ctx(), { words: target, limit: 100 });
  const found = items.find(({ id, slug }) => id === target || slug === target);
  if (!found) throw new Error(`There is no team with the id or slug "${target}".`);
  return found;
}

/**
 * An option that the command cannot do without.
 * @throws Error when it was not given
 */
export function needed(options: Options, name: string): string {
  const value = options[name];
  if (!value) throw new Error(`This needs --${name}.`);
  return value;
}
