import type { Ctx } from '@leadwire/kernel';
import type { FlagRowState, OperatorRightsApi, OperatorsApi, TenantFeature } from '@leadwire/contracts';

export const USAGE = `npm run flags -- list [--tenant TENANT]
npm run flags -- set KEY on|off [--tenant TENANT [--user USER_ID]] [--config JSON] [--expires TIME|never]
npm run flags -- remove KEY [--tenant TENANT [--user USER_ID]]
npm run flags -- feature TENANT FEATURE on|off [--limits JSON]
npm run flags -- republish

A row without --tenant is for everybody. TENANT is an id or a slug; a flag with the key of a feature gates that feature. JSON is e.g.
'{"rollout":{"percentage":25,"stickiness":"tenant"}}', of limits e.g. '{"rowsPerImport":50000}'. "republish" writes every snapshot anew: after a restore of the database.
The instance of this checkout is used, or the one that NATS_URL and OPERATOR_KEY name.`;

const PAGE = 100;

export type FlagsCommand = {
  positionals: string[];
  tenant?: string;
  user?: string;
  config?: string;
  limits?: string;
  expires?: string;
};
export type FlagsDoor = { rights: OperatorRightsApi; operators: OperatorsApi; ctx: () => Ctx };

/**
 * Carries out one command and returns what to print.
 * @throws Error with the usage, or what identity answered
 */
export async function runFlagsCommand(door: FlagsDoor, command: FlagsCommand): Promise<string> {
  const { rights, ctx } = door;
  const [name, first, second, third] = command.positionals;
  switch (name) {
    case 'list': {
      const { items } = await rights.listFlags(ctx(), await tenantOf(door, command.tenant));
      return items.length === 0 ? 'no flags' : items.map(line).join('\n');
    }
    case 'set':
      return line(
        await rights.setFlag(ctx(), {
          ...(await rowOf(door, command, first)),
          enabled: switchOf(second),
          ...(command.config === undefined ? {} : { config: jsonOf(command.config) }),
          ...(command.expires === undefined ? {} : { expiresAt: expiryOf(command.expires) }),
        }),
      );
    case 'remove':
      await rights.removeFlag(ctx(), await rowOf(door, command, first));
      return `${first} removed`;
    case 'feature': {
      const { tenantId } = await tenantOf(door, needed(first, 'a tenant'));
      const featureKey = needed(second, 'a feature');
      const enabled = switchOf(third);
      const limits =
        command.limits === undefined ? {} : { limits: jsonOf(command.limits) as Record<string, number> };
      const input = { tenantId: tenantId as string, featureKey, enabled, ...limits };
      return featureLine(await rights.switchFeature(ctx(), input));
    }
    case 'republish':
      return `${(await rights.republish(ctx(), {})).tenants} snapshots were published anew`;
    default:
      throw new Error(USAGE);
  }
}

async function rowOf(door: FlagsDoor, { tenant, user }: FlagsCommand, key: string | undefined) {
  return {
    key: needed(key, 'the key of a flag'),
    ...(await tenantOf(door, tenant)),
    ...(user === undefined ? {} : { userId: user }),
  };
}

async function tenantOf(
  { operators, ctx }: FlagsDoor,
  tenant: string | undefined,
): Promise<{ tenantId?: string }> {
  if (tenant === undefined) return {};
  const { items } = await operators.listTenants(ctx(), { words: tenant, limit: PAGE });
  const found = items.find(({ id, slug }) => id === tenant || slug === tenant);
  if (!found) throw new Error(`There is no team with the id or slug "${tenant}".`);
  return { tenantId: found.id };
}

function needed(value: string | undefined, what: string): string {
  if (!value) throw new Error(`This needs ${what}.\n\n${USAGE}`);
  return value;
}

function switchOf(word: string | undefined): boolean {
  if (word !== 'on' && word !== 'off') throw new Error(`Say on or off, not "${word ?? ''}".\n\n${USAGE}`);
  return word === 'on';
}

function jsonOf(text: string): object {
  try {
    return JSON.parse(text) as object;
  } catch (error) {
    throw new Error(`This is not JSON: ${String(error)}`, { cause: error });
  }
}

function expiryOf(text: string): string | null {
  if (text === 'never') return null;
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw new Error(`--expires takes a time such as 2026-12-31T00:00:00Z or "never", not "${text}".`);
  return time.toISOString();
}

function line({ key, tenantId, userId, enabled, expiresAt, config }: FlagRowState): string {
  const whom = userId ? `user ${userId} of ${tenantId}` : tenantId ? `tenant ${tenantId}` : 'everybody';
  const notes = [expiresAt && `until ${expiresAt}`, Object.keys(config).length > 0 && JSON.stringify(config)];
  return [key, enabled ? 'on' : 'off', whom, ...notes].filter(Boolean).join('  ');
}

function featureLine({ key, enabled, inPlan, limits }: TenantFeature): string {
  const limited = Object.keys(limits).length > 0 && JSON.stringify(limits);
  return [key, enabled ? 'on' : 'off', inPlan ? '' : '(not in the plan)', limited].filter(Boolean).join('  ');
}
