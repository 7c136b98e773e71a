import { API_KEY_SCOPES, CAPABILITIES, ROLE_CAPABILITIES, ROLES, type Capability } from './capabilities.js';

/**
 * Who may do what, written out by hand, and what an API key may be given. A right that a role gains or loses by a slip of the pen fails
 * here; one that is meant is changed here too.
 */
const WHO_MAY = `
                        owner  admin  manager  agent  viewer  key
  tenant.read           x      x      x        x      x       x
  tenant.update         x      x      -        -      -       -
  tenant.close          x      -      -        -      -       -
  tenant.transfer       x      -      -        -      -       -
  members.read          x      x      x        x      x       -
  members.write         x      x      -        -      -       -
  members.invite        x      x      -        -      -       -
  features.write        x      -      -        -      -       -
  rights.read           x      x      -        -      -       -
  rights.write          x      x      -        -      -       -
  flags.read            x      x      -        -      -       -
  leads.read            x      x      x        x      x       x
  leads.write           x      x      x        x      -       x
  leads.assign          x      x      x        -      -       x
  leads.delete          x      x      x        -      -       x
  leads.import          x      x      x        -      -       x
  campaigns.read        x      x      x        x      x       x
  campaigns.write       x      x      x        -      -       x
  campaigns.launch      x      x      x        -      -       x
  email-accounts.read   x      x      x        x      x       x
  email-accounts.write  x      x      -        -      -       x
  templates.read        x      x      x        x      x       x
  templates.write       x      x      x        -      -       x
  billing.read          x      x      x        -      -       x
  billing.topup         x      -      -        -      -       x
  billing.settings      x      x      -        -      -       -
  billing.usage         x      x      -        -      -       x
  billing.payments      x      -      -        -      -       -
  billing.reserve       -      -      -        -      -       -
  events.stream         x      x      x        x      x       x
  api-keys.manage       x      x      -        -      -       -
`;

const COLUMNS: [string, readonly Capability[]][] = [
  ...ROLES.map((role): [string, readonly Capability[]] => [role, ROLE_CAPABILITIES[role]]),
  ['key', API_KEY_SCOPES],
];

/** The same table, of what the code says. */
function whoMay(): string {
  const width = Math.max(...CAPABILITIES.map(({ length }) => length)) + 2;
  const row = (name: string, cells: string[]) => `  ${name.padEnd(width)}${cells.join('  ')}`.trimEnd();
  const cell = (capability: Capability, [name, held]: [string, readonly Capability[]]) =>
    (held.includes(capability) ? 'x' : '-').padEnd(name.length);
  const names = COLUMNS.map(([name]) => name);
  const rows = CAPABILITIES.map((capability) =>
    row(
      capability,
      COLUMNS.map((column) => cell(capability, column)),
    ),
  );
  return `\n${[row('', names), ...rows].join('\n')}\n`;
}

it('gives each role the capabilities that are written out, and no others', () => {
  expect(whoMay()).toBe(WHO_MAY);
});

it('lists no capability twice, and holds none that is not listed', () => {
  for (const [, held] of COLUMNS) {
    expect(new Set(held).size).toBe(held.length);
    expect(held.filter((capability) => !CAPABILITIES.includes(capability))).toEqual([]);
  }
});
