import { messagingTables, tenantIsolation, touchUpdatedAt } from '@leadwire/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The user whose own memberships a transaction may see before a tenant is chosen; set by AccountsStore only. */
const OWN = `(SELECT nullif(current_setting('app.user_id', true), '')::uuid)`;

/**
 * Tenants, people, and who belongs where.
 *
 * `users` and `user_identities` carry no tenant: one person may belong to many, and log-in looks for them before any tenant is
 * known. They have no row-level security; only identity's role can reach them, and its code reads people of a tenant through
 * `memberships`, which has it.
 */
export class CreateAccounts20261122120000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [...messagingTables('identity'), ...TENANTS, ...USERS, ...MEMBERSHIPS];
    for (const sql of statements) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

const TENANTS = [
  // Two firms may share a name, so it is unique within the tenant only; the slug is what tells tenants apart.
  `CREATE TABLE tenants (
     id uuid PRIMARY KEY,
     name varchar(120) NOT NULL CHECK (name <> ''),
     slug varchar(63) NOT NULL CHECK (slug ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$'),
     status varchar(40) NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'closed')),
     plan_tier varchar(40) NOT NULL DEFAULT 'trial',
     email varchar(254),
     phone varchar(32),
     website varchar(2048),
     metadata jsonb NOT NULL DEFAULT '{}',
     version int NOT NULL DEFAULT 1,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     deleted_at timestamptz,
     CONSTRAINT tenants_slug_key UNIQUE (slug),
     CONSTRAINT tenants_name_key UNIQUE (id, name)
   )`,
  ...tenantIsolation('tenants', 'id'),
  touchUpdatedAt('tenants'),
];

const USERS = [
  `CREATE TABLE users (
     id uuid PRIMARY KEY,
     email varchar(254) NOT NULL CHECK (email = lower(email COLLATE "C")),
     password_hash varchar(255),
     first_name varchar(100),
     last_name varchar(100),
     phone varchar(32),
     avatar_url text,
     primary_tenant_id uuid REFERENCES tenants (id),
     is_active boolean NOT NULL DEFAULT true,
     email_verified boolean NOT NULL DEFAULT false,
     phone_verified boolean NOT NULL DEFAULT false,
     last_login_at timestamptz,
     password_changed_at timestamptz,
     metadata jsonb NOT NULL DEFAULT '{}',
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     deleted_at timestamptz,
     CONSTRAINT users_email_key UNIQUE (email)
   )`,
  `CREATE INDEX users_by_primary_tenant ON users (primary_tenant_id)`,
  touchUpdatedAt('users'),

  // Tokens of providers are stored sealed, never as they came.
  `CREATE TABLE user_identities (
     id uuid PRIMARY KEY,
     user_id uuid NOT NULL REFERENCES users (id),
     provider varchar(255) NOT NULL,
     provider_user_id varchar(255) NOT NULL,
     access_token text,
     refresh_token text,
     token_expires_at timestamptz,
     provider_data jsonb NOT NULL DEFAULT '{}',
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT user_identities_provider_user_id_key UNIQUE (provider, provider_user_id)
   )`,
  `CREATE INDEX user_identities_by_user ON user_identities (user_id)`,
  touchUpdatedAt('user_identities'),
];

const MEMBERSHIPS = [
  // One row per person and tenant for good: who leaves and returns gets the same row back.
  `CREATE TABLE memberships (
     id uuid PRIMARY KEY,
     user_id uuid NOT NULL REFERENCES users (id),
     tenant_id uuid NOT NULL REFERENCES tenants (id),
     role varchar(40) NOT NULL CHECK (role IN ('owner', 'admin', 'manager', 'agent', 'viewer')),
     invited_by uuid REFERENCES users (id),
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     deleted_at timestamptz,
     UNIQUE (tenant_id, id),
     CONSTRAINT memberships_member_key UNIQUE (tenant_id, user_id)
   )`,
  `CREATE INDEX memberships_by_user ON memberships (user_id, created_at)`,
  `CREATE INDEX memberships_by_inviter ON memberships (invited_by) WHERE invited_by IS NOT NULL`,
  ...tenantIsolation('memberships'),
  touchUpdatedAt('memberships'),
  // Log-in and refresh ask "where does this person belong?" before a tenant is known: reading one's own, and nothing more.
  `CREATE POLICY own_memberships ON memberships FOR SELECT USING (user_id = ${OWN})`,
  `CREATE POLICY own_tenants ON tenants FOR SELECT
     USING (id IN (SELECT m.tenant_id FROM memberships m WHERE m.user_id = ${OWN} AND m.deleted_at IS NULL))`,
];
