import type { DoubtPolicy } from '@leadwire/contracts';
import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

@Entity({ name: 'email_accounts' })
export class EmailAccountEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @Column('varchar')
  email!: string;

  @Column('varchar', { name: 'from_name', nullable: true })
  fromName!: string | null;

  @Column('varchar', { name: 'smtp_host' })
  smtpHost!: string;

  @Column('int', { name: 'smtp_port' })
  smtpPort!: number;

  @Column('varchar', { name: 'smtp_username', nullable: true })
  smtpUsername!: string | null;

  /** Sealed with the tenant's data key. */
  @Column('text', { name: 'smtp_password', nullable: true })
  smtpPassword!: string | null;

  @Column('boolean', { name: 'smtp_secure', default: false })
  smtpSecure!: boolean;

  @Column('boolean', { name: 'is_active', default: true })
  isActive!: boolean;

  @Column('varchar', { name: 'paused_reason', nullable: true })
  pausedReason!: string | null;

  @Column('varchar', { default: 'UTC' })
  timezone!: string;

  @Column('int', { name: 'daily_send_limit', default: 500 })
  dailySendLimit!: number;

  @Column('int', { name: 'sent_today', default: 0 })
  sentToday!: number;

  @Column('date', { name: 'last_reset_date', nullable: true })
  lastResetDate!: string | null;

  @Column('varchar', { name: 'on_doubt', default: 'assume-delivered' })
  onDoubt!: DoubtPolicy;

  /** The daily limit is used up until then. */
  @Column('timestamptz', { name: 'available_at', default: () => 'now()' })
  availableAt!: Date;

  /** Its server asked for patience or could not be reached. */
  @Column('timestamptz', { name: 'backoff_until', default: () => 'now()' })
  backoffUntil!: Date;

  /** Failures in a row to connect or log in. */
  @Column('int', { default: 0 })
  failures!: number;

  @Column('uuid', { name: 'created_by_user_id', nullable: true })
  createdByUserId!: string | null;

  @Column('boolean', { name: 'is_deleted', default: false })
  isDeleted!: boolean;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}
