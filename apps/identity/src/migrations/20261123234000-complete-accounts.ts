import { touchUpdatedAt } from '@leadwire/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What accounts need beyond a password: mails and texts that wait for their sending, links and codes, changes of address,
 * pictures, and the counts that slow guessing down.
 *
 * None of these carries a tenant, so none has row-level security: an account is a person's, not a team's.
 */
export class CompleteAccounts20261123234000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [...DELIVERIES, ...TOKENS, ...ADDRESSES, ...PICTURES, ...THROTTLES])
      await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

const DELIVERIES = [
  // payload is sealed, and emptied once it is no longer needed: what is left of a row names nobody.
  `CREATE TABLE deliveries (
     id uuid PRIMARY KEY,
     channel varchar(20) NOT NULL,
     template varchar(60) NOT NULL,
     payload text,
     state varchar(16) NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'given-up')),
     attempts int NOT NULL DEFAULT 0,
     unfinished int NOT NULL DEFAULT 0,
     next_attempt_at timestamptz NOT NULL,
     expires_at timestamptz NOT NULL,
     settled_at timestamptz,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     CHECK ((state = 'waiting') = (payload IS NOT NULL)),
     CHECK ((state = 'waiting') = (settled_at IS NULL))
   )`,
  `CREATE INDEX deliveries_due ON deliveries (next_attempt_at) WHERE state = 'waiting'`,
  `CREATE INDEX deliveries_settled ON deliveries (settled_at) WHERE state <> 'waiting'`,
  touchUpdatedAt('deliveries'),
];

const TOKENS = [
  `CREATE TABLE one_time_tokens (
     id uuid PRIMARY KEY,
     token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
     purpose varchar(40) NOT NULL,
     user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
     data jsonb NOT NULL DEFAULT '{}',
     attempts int NOT NULL DEFAULT 0,
     expires_at timestamptz NOT NULL,
     used_at timestamptz,
     created_at timestamptz NOT NULL,
     CONSTRAINT one_time_tokens_token_hash_key UNIQUE (token_hash)
   )`,
  `CREATE INDEX one_time_tokens_by_user ON one_time_tokens (user_id, purpose, created_at)`,
];

const ADDRESSES = [
  // One per person at a time; the row is there as long as the change is under way.
  `CREATE TABLE email_changes (
     user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
     id uuid NOT NULL,
     old_email varchar(254) NOT NULL,
     new_email varchar(254) NOT NULL CHECK (new_email = lower(new_email COLLATE "C")),
     old_confirmed_at timestamptz,
     new_confirmed_at timestamptz,
     expires_at timestamptz NOT NULL,
     created_at timestamptz NOT NULL
   )`,
];

const PICTURES = [
  // Where an uploaded picture is kept; avatar_url is where it is read.
  `ALTER TABLE users
     ADD COLUMN avatar_key text,
     ADD COLUMN avatar_type varchar(20)`,
];

const THROTTLES = [
  // By hashes of addresses, people and networks, so that whoever tries is not collected here.
  `CREATE TABLE throttles (
     key_hash bytea PRIMARY KEY CHECK (length(key_hash) = 32),
     tries int NOT NULL,
     blocked_until timestamptz NOT NULL,
     last_try_at timestamptz NOT NULL,
     forget_at timestamptz NOT NULL
   )`,
  `CREATE INDEX throttles_by_age ON throttles (forget_at)`,
  // Where a person has logged in from: what strangers do elsewhere does not slow them down there.
  `CREATE TABLE known_networks (
     user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
     network_hash bytea NOT NULL CHECK (length(network_hash) = 32),
     last_seen_at timestamptz NOT NULL,
     PRIMARY KEY (user_id, network_hash)
   )`,
];
