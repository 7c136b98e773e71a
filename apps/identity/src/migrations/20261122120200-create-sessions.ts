import { touchUpdatedAt } from '@leadwire/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Sessions and the keys that sign their access tokens.
 *
 * None of these carries a tenant, so none has row-level security: a refresh token is all that its bearer shows, and the session
 * it leads to names the membership, and so the tenant; keys and log-in attempts belong to nobody's tenant.
 */
export class CreateSessions20261122120200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of STATEMENTS) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

const STATEMENTS = [
  // generation counts rotations; the newest refresh tokens are those of the session's own generation.
  `CREATE TABLE sessions (
     id uuid PRIMARY KEY,
     user_id uuid NOT NULL REFERENCES users (id),
     membership_id uuid NOT NULL REFERENCES memberships (id),
     generation int NOT NULL DEFAULT 0,
     rotated_at timestamptz NOT NULL,
     expires_at timestamptz NOT NULL,
     ended_at timestamptz,
     end_reason varchar(40),
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     CHECK ((ended_at IS NULL) = (end_reason IS NULL))
   )`,
  `CREATE INDEX sessions_by_user ON sessions (user_id)`,
  `CREATE INDEX sessions_by_membership ON sessions (membership_id)`,
  touchUpdatedAt('sessions'),

  `CREATE TABLE refresh_tokens (
     token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
     session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
     generation int NOT NULL,
     created_at timestamptz NOT NULL
   )`,
  `CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id, created_at)`,

  // By a hash of the address, so that addresses without an account slow down alike and are not collected here.
  `CREATE TABLE log_in_attempts (
     email_hash bytea PRIMARY KEY CHECK (length(email_hash) = 32),
     attempts int NOT NULL,
     blocked_until timestamptz NOT NULL,
     last_attempt_at timestamptz NOT NULL
   )`,
  `CREATE INDEX log_in_attempts_by_age ON log_in_attempts (last_attempt_at)`,

  // active: signs, exactly one. retired: verifies what it signed. private_key is sealed.
  `CREATE TABLE signing_keys (
     id uuid PRIMARY KEY,
     algorithm varchar(16) NOT NULL,
     public_key jsonb NOT NULL,
     private_key text NOT NULL,
     state varchar(16) NOT NULL CHECK (state IN ('active', 'retired')),
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now()
   )`,
  `CREATE UNIQUE INDEX signing_keys_one_active ON signing_keys (state) WHERE state = 'active'`,
  touchUpdatedAt('signing_keys'),
];
