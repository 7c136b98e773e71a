import { randomInt } from 'node:crypto';
import { assert } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';

export type Series = 'invoice' | 'credit_note';

/** No vowels, so that no prefix is a word; nothing that is read as something else. */
const ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ23456789';
const PREFIX_LENGTH = 6;
const PREFIX_TRIES_MAX = 5;

const MAKE_CUSTOMER = `
  INSERT INTO billing_details (tenant_id, number_prefix) VALUES ($1, $2)
  ON CONFLICT DO NOTHING`;
const PREFIX = `SELECT number_prefix AS prefix FROM billing_details WHERE tenant_id = $1`;
const NEXT_NUMBER = `
  INSERT INTO billing_number_series AS s (tenant_id, series, last_number) VALUES ($1, $2, 1)
  ON CONFLICT (tenant_id, series) DO UPDATE SET last_number = s.last_number + 1
  RETURNING last_number AS number`;

/** Makes sure that the tenant has a row among the customers, and answers the prefix of its numbers, which no other has. */
export async function customerPrefix(db: TenantDb): Promise<string> {
  for (let attempt = 0; attempt < PREFIX_TRIES_MAX; attempt++) {
    const [row] = await db.query<{ prefix: string }>(PREFIX, [db.tenantId]);
    if (row) return row.prefix;
    await db.execute(MAKE_CUSTOMER, [db.tenantId, randomPrefix()]);
  }
  throw new Error('no prefix was free');
}

/** The next number of a series. It is given out only if the transaction commits, and nobody else gets one meanwhile: no gaps. */
export async function nextNumber(db: TenantDb, series: Series): Promise<string> {
  const prefix = await customerPrefix(db);
  const [row] = await db.query<{ number: number }>(NEXT_NUMBER, [db.tenantId, series]);
  assert(row, 'a counter has a number');
  return `${prefix}-${series === 'invoice' ? '' : 'C'}${String(row.number).padStart(4, '0')}`;
}

function randomPrefix(): string {
  return Array.from({ length: PREFIX_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}
