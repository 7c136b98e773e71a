import { concernsItsPerson, rightToSee } from '@leadwire/contracts';
import type { Session } from '../auth/session.js';
import type { EventFrame } from './event-frame.js';

type Who = Pick<Session, 'userId' | 'apiKeyId'>;
type What = Pick<EventFrame, 'service' | 'aggregate' | 'person'>;

/**
 * Whether somebody is told of an event: what it is about must be theirs to read, or they must be the person it is about. An API key is told
 * nothing of the person that it acts for.
 */
export function sees(who: Who, rights: ReadonlySet<string>, event: What): boolean {
  const right = rightToSee(event);
  if (right && right !== 'own' && rights.has(right)) return true;
  return who.apiKeyId === undefined && concernsItsPerson(event) && event.person() === who.userId;
}
