import {
  parseFlagConfig,
  SNAPSHOT_FORMAT,
  type FlagRow,
  type GlobalSnapshot,
  type TenantSnapshot,
} from '@leadwire/entitlements';

/** A row of `feature_flags` as JSON, with the names of its columns. */
export type FlagJson = {
  feature_key: string;
  user_id: string | null;
  is_enabled: boolean;
  config: unknown;
  expires_at: string | null;
};

export type SnapshotRow = {
  status: string;
  planTier: string;
  version: string;
  features: Record<string, boolean>;
  limits: Record<string, Record<string, number>>;
  rights: Record<string, Record<string, boolean>>;
  flags: FlagJson[];
};

export type EverybodyRow = { version: string; flags: FlagJson[] };

/** All that decides the rights in one team, as services read it. */
export function toTenantSnapshot(tenantId: string, row: SnapshotRow): TenantSnapshot {
  const { status, planTier, features, limits, rights } = row;
  const flags: TenantSnapshot['flags'] = {};
  const userFlags: TenantSnapshot['userFlags'] = {};
  for (const flag of row.flags) {
    if (flag.user_id === null) flags[flag.feature_key] = toFlag(flag);
    else (userFlags[flag.feature_key] ??= {})[flag.user_id] = toFlag(flag);
  }
  const version = Number(row.version);
  return {
    format: SNAPSHOT_FORMAT,
    tenantId,
    version,
    status,
    planTier,
    features,
    ...(Object.keys(limits).length > 0 ? { limits } : {}),
    rights,
    flags,
    userFlags,
  };
}

/** The flags of everybody, as services read them. */
export function toGlobalSnapshot({ version, flags }: EverybodyRow): GlobalSnapshot {
  return {
    format: SNAPSHOT_FORMAT,
    version: Number(version),
    flags: Object.fromEntries(flags.map((flag) => [flag.feature_key, toFlag(flag)])),
  };
}

// A configuration that was written past us and cannot be read switches its row off: nobody gets in by a typing error.
function toFlag({ is_enabled: on, config, expires_at: expiresAt }: FlagJson): FlagRow {
  const expiry = expiresAt === null ? {} : { expiresAt: new Date(expiresAt).getTime() };
  try {
    const parsed = parseFlagConfig(config);
    return { on, ...expiry, ...(Object.keys(parsed).length > 0 ? { config: parsed } : {}) };
  } catch {
    return { on: false, ...expiry };
  }
}
