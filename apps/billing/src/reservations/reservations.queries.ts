import type { ListReservations } from '@leadwire/contracts';

export type ReservationRow = {
  id: string;
  budgetId: string | null;
  status: string;
  authorized: string;
  captured: string;
  released: string;
  allotted: string;
  held: string;
  purpose: string | null;
  feature: string | null;
  quantity: string | null;
  createdBy: string | null;
  expiresAt: Date;
  endedAt: Date | null;
  createdAt: Date;
};

/** Newest first. `$3` is the place where the last page ended. */
export function listReservations({ status, budgetId }: ListReservations): {
  sql: string;
  filters: unknown[];
} {
  const filters: unknown[] = [];
  const where: string[] = [];
  const bind = (column: string, value: unknown) => where.push(`AND ${column} = $${filters.push(value) + 3}`);
  if (status !== undefined) bind('status', status);
  if (budgetId !== undefined) bind('parent_id', budgetId);
  const sql = `
    SELECT id, parent_id AS "budgetId", status, authorized, captured, released, allotted,
           authorized - captured - released AS held, purpose, feature_key AS feature, quantity,
           created_by AS "createdBy", expires_at AS "expiresAt",
           ended_at AS "endedAt", created_at AS "createdAt"
    FROM billing_reservations
    WHERE tenant_id = $1
      AND ($3::uuid IS NULL OR id < $3)
      ${where.join('\n      ')}
    ORDER BY id DESC
    LIMIT $2`;
  return { sql, filters };
}
