import { Module } from '@nestjs/common';
import { CONFIG, FileObjectStorage, ObjectStorage } from '@leadwire/platform';
import type { LeadsConfig } from '../leads.config.js';
import { ImportWorker } from './import-worker.js';
import { LeadImportsService } from './imports.service.js';
import { PersonStandingConsumer } from './person-standing.consumer.js';
import { TenantStandingConsumer } from './tenant-standing.consumer.js';

/** Imports of lead files, and the storage where uploads and rejected rows lie. */
@Module({
  controllers: [LeadImportsService, PersonStandingConsumer, TenantStandingConsumer],
  providers: [
    ImportWorker,
    {
      provide: ObjectStorage,
      useFactory: (config: LeadsConfig) => new FileObjectStorage(config.OBJECT_STORAGE_DIR),
      inject: [CONFIG],
    },
  ],
  exports: [ObjectStorage],
})
export class LeadImportsModule {}
