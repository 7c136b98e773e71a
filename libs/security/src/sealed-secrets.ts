import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';

/** Where a secret lives; bound into the seal, so that a sealed value moved to another row or column does not open. */
export type SecretPlace = { tenantId: string; table: string; column: string; rowId: string };

const VERSION = 'v1';
const NONCE_BYTES = 12;
const KEY_BYTES = 32;

/**
 * Seals secrets at rest: AES-256-GCM under a data key of the tenant, the data key itself wrapped by the key-encryption key.
 * A sealed value reads `v1.<nonce>.<tag>.<ciphertext>`, all base64url.
 */
export class SecretBox {
  private readonly dataKey: KeyObject;

  constructor(dataKey: Buffer) {
    this.dataKey = createSecretKey(dataKey);
  }

  seal(place: SecretPlace, secret: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.dataKey, nonce).setAAD(associatedData(place));
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return [VERSION, ...[nonce, cipher.getAuthTag(), sealed].map((part) => part.toString('base64url'))].join(
      '.',
    );
  }

  /** @throws Error when the value was altered, moved from another place, or sealed under another key. */
  open(place: SecretPlace, sealed: string): string {
    const [version, nonce, tag, body] = sealed.split('.');
    if (version !== VERSION || !nonce || !tag || body === undefined) throw new Error('Not a sealed secret.');
    const decipher = createDecipheriv('aes-256-gcm', this.dataKey, Buffer.from(nonce, 'base64url'))
      .setAAD(associatedData(place))
      .setAuthTag(Buffer.from(tag, 'base64url'));
    return Buffer.concat([decipher.update(Buffer.from(body, 'base64url')), decipher.final()]).toString(
      'utf8',
    );
  }
}

/** Makes and unwraps the tenants' data keys with the key-encryption key that only this process's environment knows. */
export class KeyWrapper {
  constructor(private readonly keyEncryptionKey: Buffer) {
    if (keyEncryptionKey.length !== KEY_BYTES)
      throw new Error(`The key-encryption key has ${KEY_BYTES} bytes.`);
  }

  /** A new data key, wrapped for storage. */
  newWrappedKey(tenantId: string): string {
    return new SecretBox(this.keyEncryptionKey).seal(
      dataKeyPlace(tenantId),
      randomBytes(KEY_BYTES).toString('base64'),
    );
  }

  /** @throws Error when the wrapped key belongs to another tenant or another key-encryption key. */
  unwrap(tenantId: string, wrapped: string): SecretBox {
    const dataKey = new SecretBox(this.keyEncryptionKey).open(dataKeyPlace(tenantId), wrapped);
    return new SecretBox(Buffer.from(dataKey, 'base64'));
  }
}

const dataKeyPlace = (tenantId: string): SecretPlace => ({
  tenantId,
  table: 'data_keys',
  column: 'wrapped_key',
  rowId: tenantId,
});

function associatedData(place: SecretPlace): Buffer {
  return Buffer.from([place.tenantId, place.table, place.column, place.rowId].join('|'));
}
