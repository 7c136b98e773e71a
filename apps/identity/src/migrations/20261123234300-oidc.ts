import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Log-in with OpenID providers. Log-ins under way and tickets belong to nobody's tenant: who comes back with one is not known yet.
 * What they hold is sealed, what opens them is stored as SHA-256.
 */
export class Oidc20261123234300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of STATEMENTS) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

const STATEMENTS = [
  // A browser on its way to a provider and back.
  `CREATE TABLE oidc_log_ins (
     id uuid PRIMARY KEY,
     state_hash bytea NOT NULL CHECK (length(state_hash) = 32),
     handle_hash bytea NOT NULL CHECK (length(handle_hash) = 32),
     provider_key varchar(40) NOT NULL,
     sealed text NOT NULL CHECK (length(sealed) <= 4000),
     created_at timestamptz NOT NULL DEFAULT now(),
     expires_at timestamptz NOT NULL,
     CONSTRAINT oidc_log_ins_state_key UNIQUE (state_hash)
   )`,
  `CREATE INDEX oidc_log_ins_by_expiry ON oidc_log_ins (expires_at)`,

  // What a provider vouched for, until its person signs up or shows which account is theirs.
  `CREATE TABLE oidc_tickets (
     id uuid PRIMARY KEY,
     token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
     sealed text NOT NULL CHECK (length(sealed) <= 64000),
     created_at timestamptz NOT NULL DEFAULT now(),
     expires_at timestamptz NOT NULL,
     CONSTRAINT oidc_tickets_token_key UNIQUE (token_hash)
   )`,
  `CREATE INDEX oidc_tickets_by_expiry ON oidc_tickets (expires_at)`,

  // refresh_at: when the provider's tokens are to be renewed next; null where there is nothing to renew or no hope.
  `ALTER TABLE user_identities
     ADD COLUMN last_used_at timestamptz,
     ADD COLUMN refresh_at timestamptz,
     ADD COLUMN refresh_failures int NOT NULL DEFAULT 0`,
  `CREATE INDEX user_identities_by_refresh ON user_identities (refresh_at) WHERE refresh_at IS NOT NULL`,
];
