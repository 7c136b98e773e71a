import { createHmac, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writeJson } from '../infra/files.ts';

/** Bytes of every generated key: HMAC-SHA256 and AES-256 both take 32. */
const KEY_BYTES = 32;
const PASSWORD_BYTES = 15;

/** The generated keys of one instance, kept in `secrets.json` (0600). A key is made when it is first asked for. */
export class Secrets {
  private readonly file: string;
  private readonly values: Record<string, string>;

  constructor(dataDir: string) {
    this.file = join(dataDir, 'secrets.json');
    this.values = readJson<Record<string, string>>(this.file) ?? {};
  }

  /** A base64 key of 32 bytes. */
  key(name: string): string {
    return this.remember(name, () => randomBytes(KEY_BYTES).toString('base64'));
  }

  /** A password that a person may have to type. */
  password(name: string): string {
    return this.remember(name, () => randomBytes(PASSWORD_BYTES).toString('base64url'));
  }

  private remember(name: string, make: () => string): string {
    const known = this.values[name];
    if (known !== undefined) return known;
    const made = make();
    this.values[name] = made;
    writeJson(this.file, this.values);
    return made;
  }
}

/**
 * Refuses to invent new keys for old data: without its key-encryption key, nobody can read what an instance has sealed.
 * @throws Error with the two ways out
 */
export function requireSecretsOfExistingData(dataDir: string): void {
  const data = join(dataDir, 'postgres', 'superuser-password');
  if (!existsSync(data) || existsSync(join(dataDir, 'secrets.json'))) return;
  throw new Error(
    `${join(dataDir, 'secrets.json')} is missing, but ${dataDir} holds data sealed with its keys. ` +
      `Fix: restore that file from a backup, or delete ${dataDir} to start empty.`,
  );
}

/** The password of a database role; `migrateAll` of the persistence library sets the same one. */
export function rolePassword(roleSecret: string, role: string): string {
  return createHmac('sha256', roleSecret).update(role).digest('base64url');
}

/** The URL of the same database for one of a service's roles. */
export function roleUrl(adminUrl: string, roleSecret: string, role: string): string {
  const url = new URL(adminUrl);
  url.username = role;
  url.password = rolePassword(roleSecret, role);
  return url.href;
}
