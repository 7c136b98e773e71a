import type { FlagConfig } from './flag-config.js';

/** Readers skip what a newer writer wrote in another format, and ask identity instead. */
export const SNAPSHOT_FORMAT = 1;

/** A row of `feature_flags`. */
export type FlagRow = {
  on: boolean;
  /** Epoch milliseconds from which it reads as off. */
  expiresAt?: number;
  config?: FlagConfig;
};

/** All that decides on the rights of one tenant's people, but for their roles: those come with each question. */
export type TenantSnapshot = {
  format: typeof SNAPSHOT_FORMAT;
  tenantId: string;
  /** Rises with every change of what is in here; equal versions are equal. */
  version: number;
  status: string;
  planTier: string;
  /** Only what was switched; everything else is as the catalogue says. */
  features: Record<string, boolean>;
  /** What operators limited, by feature and name of the limit. */
  limits?: Record<string, Record<string, number>>;
  /** By user: true grants a capability beyond the role, false denies it. */
  rights: Record<string, Record<string, boolean>>;
  /** The tenant's own rows, and by user those for one member. */
  flags: Record<string, FlagRow>;
  userFlags: Record<string, Record<string, FlagRow>>;
};

/** Flags that are for everybody. */
export type GlobalSnapshot = {
  format: typeof SNAPSHOT_FORMAT;
  version: number;
  flags: Record<string, FlagRow>;
};

export const NO_GLOBAL_FLAGS: GlobalSnapshot = { format: SNAPSHOT_FORMAT, version: 0, flags: {} };

/** A snapshot as it was published; undefined when it is not one, or of another format. */
export function parseSnapshot<S extends TenantSnapshot | GlobalSnapshot>(text: string): S | undefined {
  try {
    const snapshot = JSON.parse(text) as S | null;
    return snapshot?.format === SNAPSHOT_FORMAT ? snapshot : undefined;
  } catch {
    return undefined;
  }
}
