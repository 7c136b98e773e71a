import { ROLES, type Role } from '@leadwire/contracts';
import { reaches, requireGrantable, requireReach, rolesAbove } from './role-rules.js';

describe('the order of roles', () => {
  it('is owner, admin, manager, agent, viewer: each reaches itself and all below', () => {
    for (const [i, upper] of ROLES.entries())
      for (const [j, lower] of ROLES.entries()) expect(reaches(upper, lower)).toBe(i <= j);
  });

  it('lets nobody touch or make somebody above themselves', () => {
    for (const actor of ROLES) {
      for (const above of rolesAbove(actor)) {
        expect(() => requireReach(actor, above)).toThrow(
          expect.objectContaining({ code: 'member.above_you' }),
        );
        expect(() => requireGrantable(actor, above)).toThrow(
          expect.objectContaining({ code: 'member.role_above_yours' }),
        );
      }
      for (const other of ROLES.filter((role: Role) => !rolesAbove(actor).includes(role))) {
        requireReach(actor, other);
        requireGrantable(actor, other);
      }
    }
  });
});
