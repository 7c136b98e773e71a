import { tenantIsolation, touchUpdatedAt } from '@leadwire/persistence';

/** Sender accounts, templates, keys, and what is known of a tenant's funds. */
export const accountTables = [
  `CREATE TABLE data_keys (
     tenant_id uuid PRIMARY KEY,
     wrapped_key text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now()
   )`,
  ...tenantIsolation('data_keys'),

  `CREATE TABLE funds (
     tenant_id uuid PRIMARY KEY,
     exhausted boolean NOT NULL,
     wallet_version bigint NOT NULL,
     said_at timestamptz NOT NULL
   )`,
  ...tenantIsolation('funds'),

  `CREATE TABLE email_accounts (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     email varchar(254) NOT NULL,
     from_name varchar(120),
     smtp_host varchar(253) NOT NULL,
     smtp_port int NOT NULL CHECK (smtp_port BETWEEN 1 AND 65535),
     smtp_username varchar(254),
     smtp_password text,
     smtp_secure boolean NOT NULL DEFAULT false,
     is_active boolean NOT NULL DEFAULT true,
     paused_reason varchar(500),
     timezone varchar(60) NOT NULL DEFAULT 'UTC',
     daily_send_limit int NOT NULL DEFAULT 500 CHECK (daily_send_limit >= 0),
     sent_today int NOT NULL DEFAULT 0 CHECK (sent_today >= 0),
     last_reset_date date,
     on_doubt varchar(20) NOT NULL DEFAULT 'assume-delivered' CHECK (on_doubt IN ('assume-delivered', 'resend')),
     available_at timestamptz NOT NULL DEFAULT now(),
     backoff_until timestamptz NOT NULL DEFAULT now(),
     failures int NOT NULL DEFAULT 0,
     created_by_user_id uuid,
     is_deleted boolean NOT NULL DEFAULT false,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, id)
   ) WITH (fillfactor = 70)`,
  `CREATE UNIQUE INDEX email_accounts_email ON email_accounts (tenant_id, lower(email)) WHERE NOT is_deleted`,
  ...tenantIsolation('email_accounts'),
  touchUpdatedAt('email_accounts'),

  `CREATE TABLE social_linkedin_accounts (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     account_name varchar(200) NOT NULL,
     unipile_account_id varchar(120),
     session_cookies text,
     is_active boolean NOT NULL DEFAULT true,
     daily_action_limit int NOT NULL DEFAULT 50 CHECK (daily_action_limit >= 0),
     actions_today int NOT NULL DEFAULT 0 CHECK (actions_today >= 0),
     last_reset_date date,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, id)
   )`,
  ...tenantIsolation('social_linkedin_accounts'),
  touchUpdatedAt('social_linkedin_accounts'),

  `CREATE TABLE communication_templates (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     channel varchar(20) NOT NULL DEFAULT 'email',
     template_key varchar(80) NOT NULL,
     language varchar(10) NOT NULL DEFAULT 'en',
     subject varchar(500) NOT NULL,
     body text NOT NULL,
     variables_schema jsonb NOT NULL DEFAULT '{}',
     is_active boolean NOT NULL DEFAULT true,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, id),
     CONSTRAINT communication_templates_key UNIQUE (tenant_id, channel, template_key, language)
   )`,
  ...tenantIsolation('communication_templates'),
  touchUpdatedAt('communication_templates'),
];
