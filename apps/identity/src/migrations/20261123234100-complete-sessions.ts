import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What sessions need to be listed, ended everywhere and renewed without logging anybody out, and what signing keys need to be
 * rotated. Like the tables they belong to, none of it carries a tenant.
 */
export class CompleteSessions20261123234100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [...SESSIONS, ...SIGNING_KEYS]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

const SESSIONS = [
  // last_answer: what the newest rotation answered, sealed, for whoever lost it. excused_generation: the oldest refresh token that
  // may still be answered with it. announced: its end was told to the other services.
  `ALTER TABLE sessions
     ADD COLUMN user_agent varchar(512),
     ADD COLUMN ip varchar(45),
     ADD COLUMN last_answer text,
     ADD COLUMN excused_generation int NOT NULL DEFAULT 0,
     ADD COLUMN announced boolean NOT NULL DEFAULT true,
     ADD CHECK (announced OR ended_at IS NOT NULL),
     DROP CONSTRAINT sessions_user_id_fkey,
     DROP CONSTRAINT sessions_membership_id_fkey,
     ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
     ADD CONSTRAINT sessions_membership_id_fkey FOREIGN KEY (membership_id) REFERENCES memberships (id) ON DELETE CASCADE`,
  `CREATE INDEX sessions_unannounced ON sessions (user_id) WHERE NOT announced`,
  `CREATE INDEX sessions_with_answer ON sessions (rotated_at) WHERE last_answer IS NOT NULL`,
];

const SIGNING_KEYS = [
  // next: published, does not sign yet. active: signs, exactly one. retiring: verifies what it signed. retired: neither; its
  // private half is gone.
  `ALTER TABLE signing_keys
     DROP CONSTRAINT signing_keys_state_check,
     ADD CHECK (state IN ('next', 'active', 'retiring', 'retired')),
     ALTER COLUMN private_key DROP NOT NULL,
     ADD COLUMN published_at timestamptz,
     ADD COLUMN activated_at timestamptz,
     ADD COLUMN retiring_at timestamptz,
     ADD COLUMN retired_at timestamptz`,
  `UPDATE signing_keys
   SET state = CASE state WHEN 'retired' THEN 'retiring' ELSE state END, published_at = created_at, activated_at = created_at,
     retiring_at = CASE state WHEN 'retired' THEN now() END`,
  `ALTER TABLE signing_keys
     ALTER COLUMN published_at SET NOT NULL,
     ADD CHECK ((state = 'retired') = (private_key IS NULL)),
     ADD CHECK ((state = 'next') = (activated_at IS NULL))`,
  `CREATE UNIQUE INDEX signing_keys_one_next ON signing_keys (state) WHERE state = 'next'`,
];
