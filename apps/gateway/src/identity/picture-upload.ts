import { Transform } from 'node:stream';
import { AVATAR_BYTES_MAX, accountErrors, avatarFolder } from '@leadwire/contracts';
import { AppError, newId, requestErrors } from '@leadwire/kernel';
import type { ObjectStorage } from '@leadwire/platform';
import type { FastifyRequest } from 'fastify';
import { passOver } from '../http/unread-body.js';

/**
 * Stores the one file of a form as an upload of this person, and stops reading where it is too large.
 * @returns its key
 * @throws AppError `account.avatar_missing` | `account.avatar_too_large` | `request.invalid`
 */
export async function receivePicture(
  request: FastifyRequest,
  storage: ObjectStorage,
  userId: string,
): Promise<string> {
  if (!request.isMultipart()) throw accountErrors.avatar_missing();
  let stored: string | undefined;
  try {
    for await (const part of request.parts()) {
      if (part.fieldname !== 'file' || part.type !== 'file') throw unknownPart(part.fieldname);
      const key = `${avatarFolder(userId)}${newId()}`;
      const bounded = boundedStream();
      part.file.once('error', (error) => bounded.destroy(error));
      await storage.put(key, part.file.pipe(bounded));
      stored = key;
    }
  } catch (error) {
    passOver(request);
    if (stored) await storage.remove(stored);
    if (error instanceof AppError) throw error;
    throw accountErrors.avatar_missing({ internal: 'the upload broke off', cause: error });
  }
  if (!stored) throw accountErrors.avatar_missing();
  return stored;
}

function boundedStream(): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      if (bytes > AVATAR_BYTES_MAX) done(accountErrors.avatar_too_large());
      else done(null, chunk);
    },
  });
}

function unknownPart(name: string): AppError {
  const errors = [{ pointer: `/${name}`, code: 'unknown_field', detail: 'is not a part of this form' }];
  return requestErrors.invalid({ errors });
}
