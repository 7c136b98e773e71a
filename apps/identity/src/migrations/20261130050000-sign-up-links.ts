import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Links that people sign up with. Who asked has no account yet and no tenant, so there is no row-level security. */
export class SignUpLinks20261130050000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of STATEMENTS) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

const STATEMENTS = [
  // One per address: a new link takes the place of the one before in the same row.
  `CREATE TABLE sign_up_links (
     token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
     email varchar(254) NOT NULL CHECK (email = lower(email COLLATE "C")),
     expires_at timestamptz NOT NULL,
     created_at timestamptz NOT NULL,
     CONSTRAINT sign_up_links_email_key UNIQUE (email)
   )`,
  `CREATE INDEX sign_up_links_by_expiry ON sign_up_links (expires_at)`,
  `COMMENT ON TABLE sign_up_links IS
     'Links that were mailed to addresses without an account, for 24 hours. Only the SHA-256 of a token is kept.'`,
];
