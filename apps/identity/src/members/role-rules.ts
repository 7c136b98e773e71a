import { memberErrors, ROLES, type Role } from '@leadwire/contracts';

// The catalogue lists roles from the highest to the lowest.
const rankOf = (role: Role): number => ROLES.length - ROLES.indexOf(role);

/** Whether `role` may do everything that `other` may, and more or as much. */
export function reaches(role: Role, other: Role): boolean {
  return rankOf(role) >= rankOf(other);
}

/** The roles that stand above `role`. */
export function rolesAbove(role: Role): Role[] {
  return ROLES.filter((other) => !reaches(role, other));
}

/**
 * Nobody touches whoever stands above them.
 * @throws AppError `member.above_you`
 */
export function requireReach(actor: Role, target: Role): void {
  if (!reaches(actor, target)) throw memberErrors.above_you();
}

/**
 * Nobody gives away more than they have.
 * @throws AppError `member.role_above_yours`
 */
export function requireGrantable(actor: Role, role: Role): void {
  if (!reaches(actor, role)) throw memberErrors.role_above_yours();
}
