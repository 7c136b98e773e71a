import { RevocationList, type Judged } from './revocation-list.js';

const KEPT_MS = 360_000;
const now = Date.parse('2026-11-23T12:00:00Z');
const session: Judged = { tenantId: 't', userId: 'u', sessionId: 's', role: 'admin', issuedAt: now - 60_000 };
const other = { ...session, sessionId: 's2' };

describe('what was revoked', () => {
  let list: RevocationList;
  beforeEach(() => (list = new RevocationList(KEPT_MS, 3)));
  const refusal = (over: Partial<Judged> = {}) => list.refusalOf({ ...session, ...over });

  it('is nothing at first', () => expect(refusal()).toBeUndefined());

  it('an ended session is refused for good, other sessions go on', () => {
    list.endSession('s', now);
    expect(refusal({ issuedAt: now + 1 })).toBe('session-ended');
    expect(list.refusalOf(other)).toBeUndefined();
  });

  it('a session that switched team is refused in the old one, and counts in the new one', () => {
    list.switchSession('s', 't2', now, now);
    expect(refusal()).toBe('team-switched');
    expect(refusal({ tenantId: 't2', issuedAt: now })).toBeUndefined();
    expect(refusal({ issuedAt: now + 1 })).toBeUndefined();
  });

  it('an old role is refused, the new one counts at once, also before the change is old', () => {
    list.changeRole('t', 'u', 'viewer', now, now);
    expect(refusal()).toBe('role-changed');
    expect(refusal({ issuedAt: now + 100 })).toBe('role-changed');
    expect(refusal({ role: 'viewer', issuedAt: now + 1 })).toBeUndefined();
    expect(refusal({ userId: 'u2' })).toBeUndefined();
    expect(refusal({ tenantId: 't2' })).toBeUndefined();
  });

  it('a newer role that is not known here yet is believed', () => {
    list.changeRole('t', 'u', 'viewer', now, now);
    expect(refusal({ role: 'owner', issuedAt: now + 60_000 })).toBeUndefined();
  });

  it('a removed member is refused until they join again', () => {
    list.removeMember('t', 'u', now);
    expect(refusal()).toBe('member-removed');
    expect(refusal({ issuedAt: now + 60_000 })).toBe('member-removed');
    expect(refusal({ tenantId: 't2' })).toBeUndefined();
    list.addMember('t', 'u');
    expect(refusal()).toBeUndefined();
  });

  it('a tenant that is not active is refused to all until it is', () => {
    list.setTenantStatus('t', 'suspended');
    expect(refusal()).toBe('tenant-suspended');
    expect(refusal({ sessionId: null, userId: 'u2' })).toBe('tenant-suspended');
    list.setTenantStatus('t', 'closed');
    expect(refusal()).toBe('tenant-closed');
    list.setTenantStatus('t', 'active');
    expect(refusal()).toBeUndefined();
  });

  it('is forgotten once no token can be that old, and never more than so many', () => {
    list.endSession('s', now);
    list.endSession('s2', now + KEPT_MS + 1);
    expect(refusal()).toBeUndefined();
    expect(list.refusalOf(other)).toBe('session-ended');
    for (const id of ['a', 'b', 'c']) list.endSession(id, now + KEPT_MS + 2);
    expect(list.refusalOf(other)).toBeUndefined();
    expect(refusal({ sessionId: 'a' })).toBe('session-ended');
  });
});
