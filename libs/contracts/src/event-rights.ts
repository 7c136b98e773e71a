import type { Capability } from './capabilities.js';
import type { EventType } from './define/event.js';

/**
 * What somebody needs to be told of an event on the event stream: the right to read what it is about. `own` is for whom it concerns,
 * the person of its `userId`, and nobody else.
 */
export type EventRight = Capability | 'own';

const RIGHTS: Readonly<Record<string, EventRight>> = {
  billing: 'billing.read',
  campaigns: 'campaigns.read',
  'campaigns.email-account': 'email-accounts.read',
  'identity.api-key': 'own',
  'identity.invitation': 'members.invite',
  'identity.membership': 'members.read',
  'identity.rights': 'rights.read',
  'identity.session': 'own',
  'identity.tenant': 'tenant.read',
  'identity.user': 'members.read',
  leads: 'leads.read',
};
/** Of these a person is told where they are about that person, without the right to read about others. */
const PERSONAL: ReadonlySet<string> = new Set(['identity.membership', 'identity.rights', 'identity.user']);

type Kind = Pick<EventType, 'service' | 'aggregate'>;

/** The right to see events of this kind; undefined where nobody has said, and then nobody sees them. */
export function rightToSee({ service, aggregate }: Kind): EventRight | undefined {
  return RIGHTS[`${service}.${aggregate}`] ?? RIGHTS[service];
}

/** Whether the person whom an event of this kind is about is told of it, whatever they may read otherwise. */
export function concernsItsPerson(kind: Kind): boolean {
  return rightToSee(kind) === 'own' || PERSONAL.has(`${kind.service}.${kind.aggregate}`);
}
