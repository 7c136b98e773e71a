import { allEvents, rightToSee } from '@leadwire/contracts';
import { sees } from './event-sight.js';

const person = { userId: 'ada' };
const key = { userId: 'ada', apiKeyId: 'key' };
const event = (kind: string, about?: string) => {
  const [service = '', aggregate = ''] = kind.split('.');
  return { service, aggregate, person: () => about };
};

describe('an event', () => {
  it('of every kind says which right it takes to see it', () => {
    expect(allEvents().filter((kind) => rightToSee(kind) === undefined)).toEqual([]);
  });

  it.each([
    ['who may read what it is about', person, ['leads.read'], event('leads.lead'), true],
    [
      'nobody who may follow events, but not read that',
      person,
      ['events.stream'],
      event('leads.lead'),
      false,
    ],
    ['a key that may read it', key, ['billing.read'], event('billing.wallet'), true],
    ['whom it is about', person, [], event('identity.session', 'ada'), true],
    [
      'whom it is about, though they may not read about others',
      person,
      [],
      event('identity.rights', 'ada'),
      true,
    ],
    ['nobody else whose it is', person, ['members.read'], event('identity.session', 'lee'), false],
    ['no key that acts for whom it is about', key, ['tenant.read'], event('identity.session', 'ada'), false],
    ['nobody, where nobody said who may see it', person, ['leads.read'], event('voice.call', 'ada'), false],
  ])('is shown to %s', (_, who, rights, what, shown) => {
    expect(sees(who, new Set(rights), what)).toBe(shown);
  });
});
