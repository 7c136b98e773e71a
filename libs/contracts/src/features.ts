import type { Capability } from './capabilities.js';
import { TENANT_PLANS } from './identity/tenants.api.js';

export type PlanTier = (typeof TENANT_PLANS)[number];

export const FEATURE_KEYS = ['api_keys', 'email_campaigns', 'lead_import', 'live_events'] as const;
export type FeatureKey = (typeof FEATURE_KEYS)[number];

/** A part of the product that can be sold, switched off, and rolled out on its own. */
export type Feature = Readonly<{
  title: string;
  /** The plans that include it. A plan that is not named here, an old one say, does not. */
  plans: readonly PlanTier[];
  /** Rights that need it. Reading what is there already never does: who moves to a smaller plan keeps seeing their data. */
  capabilities: readonly Capability[];
  /** Whether a team of such a plan has it before anybody switched anything. */
  enabledByDefault: boolean;
  /** Whether a team's owner may switch it off and on; otherwise only an operator may. */
  optional: boolean;
  /** What an operator may limit for a team, and what the number means; without a limit there is none. */
  limits: Readonly<Record<string, string>>;
}>;

/** Every feature there is. A capability belongs to one feature at most; those of none are part of the product itself. */
export const FEATURES: Readonly<Record<FeatureKey, Feature>> = {
  api_keys: {
    title: 'API keys',
    plans: ['trial', 'growth', 'enterprise'],
    capabilities: [],
    enabledByDefault: true,
    optional: true,
    limits: {},
  },
  email_campaigns: {
    title: 'E-mail campaigns',
    plans: TENANT_PLANS,
    capabilities: ['campaigns.write', 'campaigns.launch', 'templates.write', 'email-accounts.write'],
    enabledByDefault: true,
    optional: true,
    limits: {},
  },
  lead_import: {
    title: 'Import of leads',
    plans: TENANT_PLANS,
    capabilities: ['leads.import'],
    enabledByDefault: true,
    optional: true,
    limits: { rowsPerImport: 'Rows of one file.' },
  },
  live_events: {
    title: 'Live events',
    plans: TENANT_PLANS,
    capabilities: ['events.stream'],
    enabledByDefault: true,
    optional: false,
    limits: {},
  },
};

const FEATURE_OF = new Map<string, FeatureKey>(
  FEATURE_KEYS.flatMap((key) =>
    FEATURES[key].capabilities.map((capability): [string, FeatureKey] => [capability, key]),
  ),
);

/** The feature that a right needs; undefined for rights that every team has. */
export function featureOf(capability: string): FeatureKey | undefined {
  return FEATURE_OF.get(capability);
}

export function isFeatureKey(key: string): key is FeatureKey {
  return Object.hasOwn(FEATURES, key);
}
