import { tenantIsolation, touchUpdatedAt } from '@leadwire/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a tenant has, what a person may do beyond their role, who is invited, and what is switched on for whom. */
export class CreateRights20261122120100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [...FEATURES, ...CAPABILITIES, ...INVITATIONS, ...FLAGS]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

const FEATURES = [
  `CREATE TABLE tenant_features (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL REFERENCES tenants (id),
     feature_key varchar(100) NOT NULL,
     enabled boolean NOT NULL DEFAULT false,
     config jsonb NOT NULL DEFAULT '{}',
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, feature_key)
   )`,
  ...tenantIsolation('tenant_features'),
  touchUpdatedAt('tenant_features'),
];

const CAPABILITIES = [
  // enabled = true grants beyond the role, false denies what the role would give.
  `CREATE TABLE user_capabilities (
     id uuid PRIMARY KEY,
     user_id uuid NOT NULL,
     tenant_id uuid NOT NULL,
     capability_key varchar(100) NOT NULL,
     feature_key varchar(100),
     enabled boolean NOT NULL,
     metadata jsonb NOT NULL DEFAULT '{}',
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, user_id, capability_key),
     FOREIGN KEY (tenant_id, user_id) REFERENCES memberships (tenant_id, user_id)
   )`,
  ...tenantIsolation('user_capabilities'),
  touchUpdatedAt('user_capabilities'),
];

const INVITATIONS = [
  // invitation_token holds the SHA-256 of the token that was mailed.
  `CREATE TABLE tenant_invitations (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL REFERENCES tenants (id),
     email varchar(254) NOT NULL CHECK (email = lower(email COLLATE "C")),
     role varchar(40) NOT NULL CHECK (role IN ('owner', 'admin', 'manager', 'agent', 'viewer')),
     invited_by uuid NOT NULL,
     invitation_token varchar(64) NOT NULL,
     accepted_at timestamptz,
     accepted_by uuid REFERENCES users (id),
     expires_at timestamptz NOT NULL,
     message text CHECK (length(message) <= 2000),
     metadata jsonb NOT NULL DEFAULT '{}',
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     deleted_at timestamptz,
     CONSTRAINT tenant_invitations_invitation_token_key UNIQUE (invitation_token),
     FOREIGN KEY (tenant_id, invited_by) REFERENCES memberships (tenant_id, user_id),
     CHECK ((accepted_at IS NULL) = (accepted_by IS NULL))
   )`,
  `CREATE UNIQUE INDEX tenant_invitations_open ON tenant_invitations (tenant_id, email)
     WHERE accepted_at IS NULL AND deleted_at IS NULL`,
  `CREATE INDEX tenant_invitations_by_inviter ON tenant_invitations (tenant_id, invited_by)`,
  `CREATE INDEX tenant_invitations_by_accepter ON tenant_invitations (accepted_by) WHERE accepted_by IS NOT NULL`,
  ...tenantIsolation('tenant_invitations'),
  touchUpdatedAt('tenant_invitations'),
];

const FLAGS = [
  // No tenant: for everybody. A tenant and no user: for all of that tenant. Both: for one member.
  `CREATE TABLE feature_flags (
     id uuid PRIMARY KEY,
     feature_key varchar(100) NOT NULL,
     tenant_id uuid REFERENCES tenants (id),
     user_id uuid,
     is_enabled boolean NOT NULL DEFAULT false,
     config jsonb NOT NULL DEFAULT '{}',
     expires_at timestamptz,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE NULLS NOT DISTINCT (feature_key, tenant_id, user_id),
     FOREIGN KEY (tenant_id, user_id) REFERENCES memberships (tenant_id, user_id),
     CHECK (user_id IS NULL OR tenant_id IS NOT NULL)
   )`,
  `CREATE INDEX feature_flags_by_tenant ON feature_flags (tenant_id, user_id, feature_key)`,
  ...tenantIsolation('feature_flags'),
  // Every tenant reads the flags that are for everybody; none may write them.
  `CREATE POLICY flags_for_everybody ON feature_flags FOR SELECT USING (tenant_id IS NULL)`,
  touchUpdatedAt('feature_flags'),
];
