import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What it takes to tell every team of a person who was suspended or reinstated, whoever dies in between, and to tell old news from new. */
export class UntoldStandings20261130082000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of STATEMENTS) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

const STATEMENTS = [
  `ALTER TABLE users ADD COLUMN standing_version int NOT NULL DEFAULT 0`,
  `COMMENT ON COLUMN users.standing_version IS 'How often the person was suspended or reinstated.'`,
  // Like sessions it names no tenant: it is written for all of a person's teams at once.
  `CREATE TABLE untold_standings (
     membership_id uuid PRIMARY KEY REFERENCES memberships (id) ON DELETE CASCADE,
     user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE
   )`,
  `CREATE INDEX untold_standings_by_user ON untold_standings (user_id)`,
  `COMMENT ON TABLE untold_standings IS
     'Whose team was not told yet that they were suspended or reinstated; empty but for a moment.'`,
];
