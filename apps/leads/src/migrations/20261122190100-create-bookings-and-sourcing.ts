import { tenantIsolation, touchUpdatedAt } from '@leadwire/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const BOOKINGS = [
  `CREATE TABLE lead_bookings (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     lead_id uuid NOT NULL,
     assigned_user_id uuid,
     parent_booking_id uuid,
     booking_type varchar(40) NOT NULL,
     booking_source varchar(40) NOT NULL,
     scheduled_at timestamptz NOT NULL,
     timezone varchar(60) NOT NULL,
     status varchar(40) NOT NULL,
     call_result varchar(40),
     retry_count int NOT NULL DEFAULT 0 CHECK (retry_count >= 0),
     notes text,
     metadata jsonb NOT NULL DEFAULT '{}',
     created_by_user_id uuid,
     is_deleted boolean NOT NULL DEFAULT false,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, id),
     FOREIGN KEY (tenant_id, lead_id) REFERENCES leads (tenant_id, id),
     FOREIGN KEY (tenant_id, parent_booking_id) REFERENCES lead_bookings (tenant_id, id)
   )`,
  `CREATE INDEX lead_bookings_by_lead ON lead_bookings (tenant_id, lead_id, scheduled_at) WHERE NOT is_deleted`,
  `CREATE INDEX lead_bookings_by_assignee ON lead_bookings (tenant_id, assigned_user_id, scheduled_at) WHERE NOT is_deleted`,
  `CREATE INDEX lead_bookings_by_parent ON lead_bookings (tenant_id, parent_booking_id) WHERE parent_booking_id IS NOT NULL`,
  ...tenantIsolation('lead_bookings'),
  touchUpdatedAt('lead_bookings'),
];

const SOURCING = [
  `CREATE TABLE company_search_cache (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     tenant_id uuid NOT NULL,
     search_keywords varchar(500) NOT NULL DEFAULT '',
     search_location varchar(200) NOT NULL DEFAULT '',
     search_industry varchar(200) NOT NULL DEFAULT '',
     apollo_organization_id varchar(64) NOT NULL,
     company_name varchar(200),
     company_domain varchar(253),
     company_data jsonb NOT NULL DEFAULT '{}',
     page_number int NOT NULL DEFAULT 1 CHECK (page_number > 0),
     access_count int NOT NULL DEFAULT 0 CHECK (access_count >= 0),
     last_accessed_at timestamptz NOT NULL DEFAULT now(),
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT company_search_cache_answer
       UNIQUE (tenant_id, search_keywords, search_location, search_industry, page_number, apollo_organization_id)
   )`,
  `CREATE INDEX company_search_cache_by_age ON company_search_cache (tenant_id, last_accessed_at)`,
  ...tenantIsolation('company_search_cache'),
  touchUpdatedAt('company_search_cache'),

  `CREATE TABLE employees_cache (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     tenant_id uuid NOT NULL,
     company_id varchar(64) NOT NULL,
     company_name varchar(200),
     company_domain varchar(253),
     employee_name varchar(200),
     employee_title varchar(200),
     employee_email varchar(254),
     employee_phone varchar(40),
     employee_linkedin_url text,
     employee_photo_url text,
     employee_headline text,
     employee_city varchar(100),
     employee_state varchar(100),
     employee_country varchar(100),
     apollo_person_id varchar(64) NOT NULL,
     data_source varchar(40) NOT NULL,
     employee_data jsonb NOT NULL DEFAULT '{}',
     last_fetched_at timestamptz NOT NULL DEFAULT now(),
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT employees_cache_person UNIQUE (tenant_id, apollo_person_id)
   )`,
  `CREATE INDEX employees_cache_by_company ON employees_cache (tenant_id, company_id)`,
  ...tenantIsolation('employees_cache'),
  touchUpdatedAt('employees_cache'),
];

const EDUCATION = [
  `CREATE TABLE education_students (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     lead_id uuid NOT NULL,
     student_parent_name varchar(200),
     parent_designation varchar(100),
     program_interested_in varchar(200),
     country_interested varchar(100),
     intake_year int CHECK (intake_year BETWEEN 1900 AND 2200),
     intake_month varchar(20),
     metadata jsonb NOT NULL DEFAULT '{}',
     is_deleted boolean NOT NULL DEFAULT false,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, id),
     FOREIGN KEY (tenant_id, lead_id) REFERENCES leads (tenant_id, id)
   )`,
  `CREATE UNIQUE INDEX education_students_lead ON education_students (tenant_id, lead_id) WHERE NOT is_deleted`,
  `CREATE INDEX education_students_by_lead ON education_students (tenant_id, lead_id)`,
  ...tenantIsolation('education_students'),
  touchUpdatedAt('education_students'),

  `CREATE TABLE education_counsellors (
     id uuid PRIMARY KEY,
     tenant_id uuid NOT NULL,
     user_id uuid NOT NULL,
     counselor_code varchar(40) NOT NULL,
     specialization varchar(200),
     timezone varchar(60) NOT NULL,
     availability_rules jsonb NOT NULL DEFAULT '{}',
     metadata jsonb NOT NULL DEFAULT '{}',
     is_deleted boolean NOT NULL DEFAULT false,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (tenant_id, id)
   )`,
  `CREATE UNIQUE INDEX education_counsellors_user ON education_counsellors (tenant_id, user_id) WHERE NOT is_deleted`,
  `CREATE UNIQUE INDEX education_counsellors_code ON education_counsellors (tenant_id, counselor_code) WHERE NOT is_deleted`,
  ...tenantIsolation('education_counsellors'),
  touchUpdatedAt('education_counsellors'),
];

/** What the model keeps around leads beyond the pipeline: bookings, caches of people search, the education vertical. */
export class CreateBookingsAndSourcing20261122190100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [...BOOKINGS, ...SOURCING, ...EDUCATION]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
