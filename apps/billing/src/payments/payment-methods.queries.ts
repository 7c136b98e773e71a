import type { PaymentMethod } from '@leadwire/contracts';

export type PaymentMethodRow = Omit<PaymentMethod, 'createdAt'> & { createdAt: Date; providerId: string };

const COLUMNS = `
  id, provider_id AS "providerId", kind, brand, last4, expires_month AS "expiresMonth", expires_year AS "expiresYear",
  is_default AS "isDefault", created_at AS "createdAt"`;

export const LIST_METHODS = `
  SELECT ${COLUMNS}
  FROM billing_payment_methods
  WHERE tenant_id = $1
  ORDER BY is_default DESC, created_at DESC, id DESC
  LIMIT $2`;

export const GET_METHOD = `SELECT ${COLUMNS} FROM billing_payment_methods WHERE tenant_id = $1 AND id = $2`;

/** The first card is the default; one that is known already is only looked at again. */
export const KEEP_METHOD = `
  INSERT INTO billing_payment_methods (id, tenant_id, provider_id, kind, brand, last4, expires_month, expires_year, is_default, created_at)
  SELECT $2, $1, $3, $4, $5, $6, $7, $8,
         NOT EXISTS (SELECT FROM billing_payment_methods WHERE tenant_id = $1 AND is_default), $9
  WHERE (SELECT count(*) FROM billing_payment_methods WHERE tenant_id = $1) < $10
  ON CONFLICT (provider_id) DO UPDATE
  SET brand = excluded.brand, last4 = excluded.last4, expires_month = excluded.expires_month,
      expires_year = excluded.expires_year`;

export const NO_DEFAULT = `UPDATE billing_payment_methods SET is_default = false WHERE tenant_id = $1 AND is_default`;
export const MAKE_DEFAULT = `
  UPDATE billing_payment_methods SET is_default = true
  WHERE tenant_id = $1 AND id = $2
  RETURNING ${COLUMNS}`;

export const REMOVE_METHOD = `
  DELETE FROM billing_payment_methods WHERE tenant_id = $1 AND id = $2 RETURNING is_default AS "isDefault"`;
export const NEXT_DEFAULT = `
  UPDATE billing_payment_methods SET is_default = true
  WHERE tenant_id = $1
    AND id = (SELECT id FROM billing_payment_methods WHERE tenant_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1)
    AND NOT EXISTS (SELECT FROM billing_payment_methods WHERE tenant_id = $1 AND is_default)`;
