import { ImportFinished, type ImportStatus } from '@leadwire/contracts';
import type { TenantDb } from '@leadwire/persistence';

/** What the statements that end an import return. */
export type Ended = {
  imported: string;
  updated: string;
  duplicates: string;
  rejected: string;
  objectKey: string;
};

/** Tells the world that an import has ended, and how. */
export function announceEnd(db: TenantDb, importId: string, status: ImportStatus, ended: Ended): void {
  db.emit(ImportFinished, importId, {
    status,
    imported: Number(ended.imported),
    updated: Number(ended.updated),
    duplicates: Number(ended.duplicates),
    rejected: Number(ended.rejected),
  });
}
