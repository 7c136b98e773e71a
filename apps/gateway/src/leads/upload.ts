import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import type { MultipartFile } from '@fastify/multipart';
import { leadImportErrors } from '@leadwire/contracts';
import { AppError, newId, requestErrors } from '@leadwire/kernel';
import type { ObjectStorage } from '@leadwire/platform';
import type { FastifyRequest } from 'fastify';
import { passOver } from '../http/unread-body.js';

const FILE_NAME_MAX = 255;

/** What a form brought: where its file is stored by now, and its other parts as they were sent. */
export type Upload = {
  /** The import that it will be. */
  id: string;
  objectKey: string;
  fileName: string;
  fileSize: number;
  /** SHA-256 of the file: the same upload sent again is known by it. */
  hash: string;
  fields: Record<string, string>;
};

/**
 * Streams the one file of a form to the object storage; nothing of it is kept in memory, and nothing stays when it breaks off.
 * @throws AppError `lead_import.no_file` | `lead_import.upload_incomplete`
 */
export async function receiveUpload(
  request: FastifyRequest,
  storage: ObjectStorage,
  tenantId: string,
): Promise<Upload> {
  if (!request.isMultipart()) throw leadImportErrors.no_file();
  const fields: Record<string, string> = {};
  let stored: Omit<Upload, 'fields'> | undefined;
  try {
    for await (const part of request.parts()) {
      if (part.type === 'file') {
        if (part.fieldname !== 'file') throw unknownPart(part.fieldname);
        stored = await store(part, storage, tenantId);
      } else
        fields[part.fieldname] = typeof part.value === 'string' ? part.value : JSON.stringify(part.value);
    }
  } catch (error) {
    passOver(request);
    if (stored) await storage.remove(stored.objectKey);
    if (error instanceof AppError) throw error;
    throw leadImportErrors.upload_incomplete({ cause: error });
  }
  if (!stored) throw leadImportErrors.no_file();
  return { ...stored, fields };
}

async function store(
  part: MultipartFile,
  storage: ObjectStorage,
  tenantId: string,
): Promise<Omit<Upload, 'fields'>> {
  const id = newId();
  const objectKey = `${tenantId}/imports/${id}.csv`;
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  part.file.once('error', (error) => hashing.destroy(error));
  const fileSize = await storage.put(objectKey, part.file.pipe(hashing));
  // Cut in the middle of a pair, a name is no text any more.
  const fileName = part.filename.slice(0, FILE_NAME_MAX).toWellFormed() || 'upload.csv';
  return { id, objectKey, fileName, fileSize, hash: hash.digest('hex') };
}

function unknownPart(name: string): AppError {
  return requestErrors.invalid({
    errors: [{ pointer: `/${name}`, code: 'unknown_field', detail: 'is not a part of this form' }],
  });
}
