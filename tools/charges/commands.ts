import type { ChargeReplay, OperatorChargesApi, ReplayDifference } from '@leadwire/contracts';
import { teamOf, type Door } from '../operator/door.ts';

export const USAGE = `npm run charges -- replay [--tenant TEAM] [--from TIME] [--to TIME]

Rates every charge again from its stored price and evidence, and says whether it gives the same digits. TEAM is an id or a slug; all of
them unless told. TIME is such as 2027-01-01T00:00:00Z.
The instance of this checkout is used, or the one that NATS_URL and OPERATOR_KEY name.`;

const PAGE = 100;
/** Each request rates a few thousand uses; the default deadline would be short for that on a busy machine. */
const REPLAY_MAX_MS = 60_000;

export type ChargesOptions = { tenant?: string; from?: string; to?: string };
type Sums = { uses: number; items: number; differing: number; lines: string[] };

/**
 * Carries out one command and returns what to print.
 * @throws Error with the usage, what billing answered, or the charges that differ
 */
export async function runChargesCommand(
  door: Door,
  { words: [name], options }: { words: string[]; options: ChargesOptions },
): Promise<string> {
  if (name !== 'replay') throw new Error(USAGE);
  const { operatorChargesApi } = await import('@leadwire/contracts');
  const charges = door.client(operatorChargesApi);
  const tenants = options.tenant
    ? [(await teamOf(door, [options.tenant])).id]
    : await everyTenant(door, charges);
  const sums: Sums = { uses: 0, items: 0, differing: 0, lines: [] };
  for (const tenantId of tenants) await replayTenant(door, charges, tenantId, options, sums);
  const { uses, items, differing, lines } = sums;
  const rated = `${uses} uses of ${tenants.length} teams rated again, ${items} items`;
  if (differing === 0) return `${rated}: every digit is the same.`;
  const more = differing > lines.length ? [`  … and ${differing - lines.length} more`] : [];
  throw new Error([`${rated}: ${differing} differ.`, ...lines, ...more].join('\n'));
}

async function replayTenant(
  { ctx }: Door,
  charges: OperatorChargesApi,
  tenantId: string,
  { from, to }: ChargesOptions,
  sums: Sums,
): Promise<void> {
  const period = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  let cursor: string | undefined;
  do {
    const patient = { ...ctx(), deadline: Date.now() + REPLAY_MAX_MS };
    const page: ChargeReplay = await charges.replay(patient, {
      tenantId,
      ...period,
      ...(cursor === undefined ? {} : { cursor }),
    });
    sums.uses += page.uses;
    sums.items += page.items;
    sums.differing += page.differing;
    sums.lines.push(...page.differences.map((difference) => line(tenantId, difference)));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}

async function everyTenant({ ctx }: Door, charges: OperatorChargesApi): Promise<string[]> {
  const tenants: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await charges.listTenants(ctx(), {
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    tenants.push(...page.items.map(({ tenantId }) => tenantId));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return tenants;
}

function line(tenantId: string, { usageEventId, fault, stored, replayed }: ReplayDifference): string {
  return `  ${tenantId}  usage ${usageEventId}  ${fault}: stored ${stored}, rated again ${replayed}`;
}
