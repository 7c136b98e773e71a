import type { ImportDedupe, ImportStatus } from '@leadwire/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One import of a lead file. Counters are bigint, so the driver hands them over as text. */
@Entity({ name: 'lead_imports' })
export class LeadImportEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @Column('uuid', { name: 'created_by_user_id', nullable: true })
  createdByUserId!: string | null;

  @Column('varchar')
  status!: ImportStatus;

  @Column('varchar', { name: 'file_name' })
  fileName!: string;

  @Column('bigint', { name: 'file_size' })
  fileSize!: string;

  @Column('varchar', { name: 'object_key' })
  objectKey!: string;

  @Column('varchar', { name: 'rejections_key', nullable: true })
  rejectionsKey!: string | null;

  @Column('varchar')
  dedupe!: ImportDedupe;

  @Column('varchar', { nullable: true })
  encoding!: string | null;

  @Column('varchar', { nullable: true })
  delimiter!: string | null;

  @Column('jsonb', { name: 'given_mapping' })
  givenMapping!: Record<string, string>;

  @Column('jsonb', { nullable: true })
  mapping!: Record<string, string> | null;

  /** Records of the file that are stored for good: where a restart goes on. */
  @Column('bigint', { name: 'records_done' })
  recordsDone!: string;

  @Column('bigint', { name: 'bytes_read' })
  bytesRead!: string;

  @Column('bigint')
  imported!: string;

  @Column('bigint')
  updated!: string;

  @Column('bigint')
  duplicates!: string;

  @Column('bigint')
  rejected!: string;

  @Column('varchar', { name: 'failure_code', nullable: true })
  failureCode!: string | null;

  @Column('varchar', { name: 'failure_reason', nullable: true })
  failureReason!: string | null;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt!: Date | null;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
