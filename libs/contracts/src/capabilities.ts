/**
 * Every right there is, and who holds it by role. Identity hands the capabilities of a role to each session; gateway and
 * services check them per method, from the contract.
 */
export const ROLES = ['owner', 'admin', 'manager', 'agent', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

export const CAPABILITIES = [
  'tenant.read',
  'tenant.update',
  'tenant.close',
  'tenant.transfer',
  'members.read',
  'members.write',
  'members.invite',
  'features.write',
  'rights.read',
  'rights.write',
  'flags.read',
  'leads.read',
  'leads.write',
  'leads.assign',
  'leads.delete',
  'leads.import',
  'campaigns.read',
  'campaigns.write',
  'campaigns.launch',
  'email-accounts.read',
  'email-accounts.write',
  'templates.read',
  'templates.write',
  'billing.read',
  'billing.topup',
  'billing.settings',
  'billing.usage',
  // Saved cards, and what is charged to them without anybody at the browser.
  'billing.payments',
  // Held by no role: services hold money as the system, for what a person started.
  'billing.reserve',
  'events.stream',
  'api-keys.manage',
] as const;
export type Capability = (typeof CAPABILITIES)[number];

/**
 * What an API key may be given. A new capability is for people only until it is listed here: keys never look after people,
 * keys, or the team itself.
 */
export const API_KEY_SCOPES = [
  'tenant.read',
  'leads.read',
  'leads.write',
  'leads.assign',
  'leads.delete',
  'leads.import',
  'campaigns.read',
  'campaigns.write',
  'campaigns.launch',
  'email-accounts.read',
  'email-accounts.write',
  'templates.read',
  'templates.write',
  'billing.read',
  'billing.topup',
  'billing.usage',
  'events.stream',
] as const satisfies readonly Capability[];

const VIEWER: Capability[] = [
  'tenant.read',
  'members.read',
  'leads.read',
  'campaigns.read',
  'templates.read',
  'email-accounts.read',
  'events.stream',
];
const AGENT: Capability[] = [...VIEWER, 'leads.write'];
const MANAGER: Capability[] = [
  ...AGENT,
  'leads.assign',
  'leads.delete',
  'leads.import',
  'campaigns.write',
  'campaigns.launch',
  'templates.write',
  'billing.read',
];
const ADMIN: Capability[] = [
  ...MANAGER,
  'tenant.update',
  'members.write',
  'members.invite',
  'email-accounts.write',
  'billing.settings',
  'rights.read',
  'rights.write',
  'flags.read',
  'api-keys.manage',
  'billing.usage',
];

export const ROLE_CAPABILITIES: Readonly<Record<Role, readonly Capability[]>> = {
  owner: [...ADMIN, 'billing.topup', 'billing.payments', 'tenant.close', 'tenant.transfer', 'features.write'],
  admin: ADMIN,
  manager: MANAGER,
  agent: AGENT,
  viewer: VIEWER,
};
