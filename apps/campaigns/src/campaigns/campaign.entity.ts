import type { CampaignStatus } from '@leadwire/contracts';
import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

@Entity({ name: 'campaigns' })
export class CampaignEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @Column('varchar')
  name!: string;

  @Column('text', { nullable: true })
  description!: string | null;

  @Column('varchar', { default: 'draft' })
  status!: CampaignStatus;

  @Column('varchar', { name: 'pause_reason', nullable: true })
  pauseReason!: string | null;

  @Column('uuid', { name: 'email_account_id', nullable: true })
  emailAccountId!: string | null;

  @Column('uuid', { name: 'created_by_user_id', nullable: true })
  createdByUserId!: string | null;

  @Column('uuid', { name: 'updated_by_user_id', nullable: true })
  updatedByUserId!: string | null;

  @Column('uuid', { name: 'launched_by_user_id', nullable: true })
  launchedByUserId!: string | null;

  @Column('timestamptz', { name: 'starts_at', nullable: true })
  startsAt!: Date | null;

  @Column('timestamptz', { name: 'ends_at', nullable: true })
  endsAt!: Date | null;

  @Column('timestamptz', { name: 'launched_at', nullable: true })
  launchedAt!: Date | null;

  @Column('timestamptz', { name: 'completed_at', nullable: true })
  completedAt!: Date | null;

  @Column('boolean', { name: 'is_deleted', default: false })
  isDeleted!: boolean;

  /** Removed, and its enrolments are still being stopped. */
  @Column('boolean', { name: 'is_stopping', default: false })
  isStopping!: boolean;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}
