import { tenantIsolation } from '@leadwire/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys that programs use in a member's name. Of a key's secret there is only the SHA-256. */
export class ApiKeys20261123234500 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [...API_KEYS, ...BEFORE_A_TENANT_IS_KNOWN]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

const API_KEYS = [
  // overlap_until: replaced, and working until then. A key is replaced once, whoever asks at the same time.
  `CREATE TABLE api_keys (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     user_id uuid NOT NULL,
     name varchar(100) NOT NULL CHECK (name <> ''),
     prefix varchar(8) NOT NULL CHECK (prefix ~ '^[0-9a-z]{8}$'),
     secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
     scopes text[] NOT NULL CHECK (cardinality(scopes) BETWEEN 1 AND 100),
     ip_allow cidr[] NOT NULL DEFAULT '{}' CHECK (cardinality(ip_allow) <= 20),
     rate_per_second int CHECK (rate_per_second BETWEEN 1 AND 1000),
     expires_at timestamptz NOT NULL,
     overlap_until timestamptz,
     revoked_at timestamptz,
     revoke_reason varchar(40),
     rotated_from uuid,
     last_used_at timestamptz,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, id),
     CONSTRAINT api_keys_prefix_key UNIQUE (prefix),
     CONSTRAINT api_keys_rotated_from_key UNIQUE (tenant_id, rotated_from),
     FOREIGN KEY (tenant_id, user_id) REFERENCES memberships (tenant_id, user_id),
     FOREIGN KEY (tenant_id, rotated_from) REFERENCES api_keys (tenant_id, id) ON DELETE SET NULL (rotated_from),
     CHECK ((revoked_at IS NULL) = (revoke_reason IS NULL))
   )`,
  `CREATE INDEX api_keys_by_owner ON api_keys (tenant_id, user_id, id)`,
  ...tenantIsolation('api_keys'),
  // Being used is no change of the key.
  `CREATE TRIGGER touch_updated_at
     BEFORE UPDATE OF name, scopes, ip_allow, rate_per_second, overlap_until, revoked_at ON api_keys
     FOR EACH ROW EXECUTE FUNCTION touch_updated_at()`,
];

// A key names no tenant, and uses of many tenants' keys are noted at once. Both run as the schema's owner and give away
// nothing but the tenant of a prefix; all that follows happens in a transaction of that tenant.
const BEFORE_A_TENANT_IS_KNOWN = [
  `CREATE POLICY find_by_prefix ON api_keys FOR SELECT TO identity_owner USING (true)`,
  `CREATE POLICY note_use ON api_keys FOR UPDATE TO identity_owner USING (true) WITH CHECK (true)`,
  `CREATE FUNCTION tenant_of_api_key(wanted text) RETURNS uuid
     LANGUAGE sql STABLE SECURITY DEFINER
     SET search_path FROM CURRENT
     AS $$ SELECT tenant_id FROM api_keys WHERE prefix = wanted $$`,
  `CREATE FUNCTION note_api_key_use(used uuid[], used_at timestamptz) RETURNS void
     LANGUAGE sql SECURITY DEFINER
     SET search_path FROM CURRENT
     AS $$ UPDATE api_keys SET last_used_at = greatest(last_used_at, used_at) WHERE id = ANY (used) $$`,
  ...['tenant_of_api_key(text)', 'note_api_key_use(uuid[], timestamptz)'].flatMap((signature) => [
    `REVOKE EXECUTE ON FUNCTION ${signature} FROM PUBLIC`,
    `GRANT EXECUTE ON FUNCTION ${signature} TO identity_app`,
  ]),
];
