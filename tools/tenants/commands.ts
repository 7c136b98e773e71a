import type { Ctx } from '@leadwire/kernel';
import type { OperatorsApi, OperatorTenant, OperatorUser } from '@leadwire/contracts';

export const USAGE = `npm run tenants -- list [WORDS] [--status active|suspended|closed]
npm run tenants -- suspend TENANT --reason "unpaid since May"
npm run tenants -- reinstate TENANT
npm run tenants -- set-plan TENANT PLAN
npm run tenants -- suspend-user ADDRESS --reason "…"
npm run tenants -- reinstate-user ADDRESS

TENANT is an id or a slug, PLAN one of trial, starter, growth, enterprise, ADDRESS an e-mail address or a user's id.
The instance of this checkout is used, or the one that NATS_URL and OPERATOR_KEY name.`;

const PAGE = 100;

export type TenantsCommand = {
  positionals: string[];
  reason?: string;
  status?: string;
};

/**
 * Carries out one command and returns what to print.
 * @throws Error with the usage, or what identity answered
 */
export async function runTenantsCommand(
  operators: OperatorsApi,
  ctx: () => Ctx,
  { positionals, reason, status }: TenantsCommand,
): Promise<string> {
  const [command, target, plan] = positionals;
  const named = (what: string | undefined, name: string): string => {
    if (!what) throw new Error(`${command} needs ${name}.\n\n${USAGE}`);
    return what;
  };
  const tenant = async () => ({ tenantId: await idOf(operators, ctx, named(target, 'a tenant')) });
  const user = () => ({ user: named(target, 'an address') });
  switch (command) {
    case 'list':
      return list(operators, ctx, { words: target, status });
    case 'suspend':
      return line(
        await operators.suspendTenant(ctx(), {
          ...(await tenant()),
          reason: named(reason, '--reason'),
        }),
      );
    case 'reinstate':
      return line(await operators.reinstateTenant(ctx(), await tenant()));
    case 'set-plan':
      return line(await operators.setPlan(ctx(), { ...(await tenant()), planTier: named(plan, 'a plan') }));
    case 'suspend-user':
      return userLine(await operators.suspendUser(ctx(), { ...user(), reason: named(reason, '--reason') }));
    case 'reinstate-user':
      return userLine(await operators.reinstateUser(ctx(), user()));
    default:
      throw new Error(USAGE);
  }
}

async function list(
  operators: OperatorsApi,
  ctx: () => Ctx,
  filter: { words?: string; status?: string },
): Promise<string> {
  const lines: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await operators.listTenants(ctx(), {
      limit: PAGE,
      ...Object.fromEntries(Object.entries({ ...filter, cursor }).filter(([, value]) => value !== undefined)),
    });
    lines.push(...page.items.map(line));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return lines.length === 0 ? 'no such teams' : lines.join('\n');
}

async function idOf(operators: OperatorsApi, ctx: () => Ctx, target: string): Promise<string> {
  const { items } = await operators.listTenants(ctx(), { words: target, limit: PAGE });
  const found = items.find(({ id, slug }) => id === target || slug === target);
  if (!found) throw new Error(`There is no team with the id or slug "${target}".`);
  return found.id;
}

function line(tenant: OperatorTenant): string {
  const { id, slug, status, planTier, members, name, statusReason, eraseAfter } = tenant;
  const notes = [statusReason && `“${statusReason}”`, eraseAfter && `erased after ${eraseAfter}`];
  return [id, slug, status, planTier, `${members} members`, name, ...notes].filter(Boolean).join('  ');
}

function userLine({ id, email, isActive, suspendedReason }: OperatorUser): string {
  return [id, email, isActive ? 'active' : `suspended “${suspendedReason ?? ''}”`].join('  ');
}
