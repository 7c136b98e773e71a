import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { defineErrors, newId } from '@leadwire/kernel';

export const storageErrors = defineErrors('object', {
  not_found: { kind: 'not_found', text: 'This file is no longer there.' },
});

/** Where files wait that are too large for a message: uploads and the results of imports. Keys start with the tenant. */
export abstract class ObjectStorage {
  /** Stores the whole stream or nothing; a stream that breaks off leaves no object. Returns its size in bytes. */
  abstract put(key: string, content: Readable): Promise<number>;
  /** @throws AppError `object.not_found` */
  abstract get(key: string): Promise<Readable>;
  abstract remove(key: string): Promise<void>;
  /** Removes every object whose key starts with `folder/`. */
  abstract removeAll(folder: string): Promise<void>;
}

/** Objects as files below one folder, which gateway and services share. */
export class FileObjectStorage extends ObjectStorage {
  constructor(private readonly root: string) {
    super();
  }

  async put(key: string, content: Readable): Promise<number> {
    const path = this.pathOf(key);
    const partial = `${path}.${newId()}.part`;
    await mkdir(dirname(path), { recursive: true });
    try {
      await pipeline(content, createWriteStream(partial, { flush: true }));
      const { size } = await stat(partial);
      await rename(partial, path);
      return size;
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  }

  async get(key: string): Promise<Readable> {
    const stream = createReadStream(this.pathOf(key));
    return new Promise((resolve, reject) => {
      stream.once('open', () => resolve(stream));
      stream.once('error', (cause) => reject(storageErrors.not_found({ cause })));
    });
  }

  async remove(key: string): Promise<void> {
    await rm(this.pathOf(key), { force: true });
  }

  async removeAll(folder: string): Promise<void> {
    await rm(this.pathOf(folder), { recursive: true, force: true });
  }

  private pathOf(key: string): string {
    const path = normalize(join(this.root, key));
    if (!path.startsWith(normalize(this.root) + sep))
      throw storageErrors.not_found({ internal: `key escapes the storage: ${key}` });
    return path;
  }
}
