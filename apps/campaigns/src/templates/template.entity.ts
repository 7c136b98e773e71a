import type { VariablesSchema } from '@leadwire/contracts';
import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

@Entity({ name: 'communication_templates' })
export class TemplateEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @Column('varchar', { default: 'email' })
  channel!: string;

  @Column('varchar', { name: 'template_key' })
  templateKey!: string;

  @Column('varchar', { default: 'en' })
  language!: string;

  @Column('varchar')
  subject!: string;

  @Column('text')
  body!: string;

  @Column('jsonb', { name: 'variables_schema', default: {} })
  variablesSchema!: VariablesSchema;

  @Column('boolean', { name: 'is_active', default: true })
  isActive!: boolean;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}
