import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { ACCESS_TOKEN, type AccessTokenClaims, type PublicSigningKey } from '@leadwire/contracts';
import { assert, Clock, newId } from '@leadwire/kernel';
import { translateDatabaseError } from '@leadwire/persistence';
import { CONFIG } from '@leadwire/platform';
import { SecretBox, type SecretPlace } from '@leadwire/security';
import { SignJWT } from 'jose';
import type { DataSource } from 'typeorm';
import type { IdentityConfig } from '../identity.config.js';

const LOCK = `SELECT pg_advisory_xact_lock(hashtextextended('identity:signing-keys', 0))`;
const FIND_ACTIVE = `SELECT id, private_key AS "privateKey" FROM signing_keys WHERE state = 'active'`;
const INSERT_KEY = `
  INSERT INTO signing_keys (id, algorithm, public_key, private_key, state, published_at, activated_at)
  VALUES ($1, $2, $3, $4, 'active', now(), now())`;
const PUBLIC_KEYS = `SELECT id, public_key AS "publicKey" FROM signing_keys ORDER BY created_at DESC, id LIMIT 20`;

type SealedKey = { id: string; privateKey: string };

/**
 * The platform's signing keys. The first replica that starts makes the first key; all replicas sign with the same active one.
 * Private keys are stored sealed under the key-encryption key and leave this class only as signatures.
 */
@Injectable()
export class SigningKeys implements OnModuleInit {
  private readonly box: SecretBox;
  private active?: { id: string; key: KeyObject };

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    @Inject(CONFIG) config: IdentityConfig,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    this.box = new SecretBox(config.KEY_ENCRYPTION_KEY);
  }

  /** @throws Error when the stored key does not open: nobody may start signing with a key of its own beside it */
  async onModuleInit(): Promise<void> {
    const { id, privateKey } = await this.source.transaction(async (manager) => {
      await manager.query(LOCK);
      const found: SealedKey[] = await manager.query(FIND_ACTIVE);
      if (found[0]) return found[0];
      const { publicJwk, ...made } = this.make();
      await manager.query(INSERT_KEY, [made.id, ACCESS_TOKEN.algorithm, publicJwk, made.privateKey]);
      return made;
    });
    this.active = { id, key: createPrivateKey(this.open(id, privateKey)) };
  }

  /** Signs a new access token. */
  async sign({
    sub,
    ...claims
  }: AccessTokenClaims): Promise<{ accessToken: string; expiresInSeconds: number }> {
    assert(this.active, 'the signing key is loaded before the first request');
    const { issuer, audience, algorithm, type, ttlSeconds } = ACCESS_TOKEN;
    // To the millisecond: verifiers compare it with moments at which rights were taken away.
    const now = this.clock.now().getTime() / 1000;
    const accessToken = await new SignJWT(claims)
      .setProtectedHeader({ alg: algorithm, typ: type, kid: this.active.id })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(sub)
      .setIssuedAt(now)
      .setExpirationTime(Math.floor(now) + ttlSeconds)
      .sign(this.active.key);
    return { accessToken, expiresInSeconds: ttlSeconds };
  }

  /** The public halves of all keys, newest first. */
  async publicKeys(): Promise<PublicSigningKey[]> {
    const rows: { id: string; publicKey: { kty: string; crv: string; x: string } }[] = await this.source
      .query(PUBLIC_KEYS)
      .catch((error) => Promise.reject(translateDatabaseError(error)));
    return rows.map(({ id, publicKey: { kty, crv, x } }) => ({
      kty,
      crv,
      x,
      kid: id,
      alg: ACCESS_TOKEN.algorithm,
      use: 'sig',
    }));
  }

  private make(): SealedKey & { publicJwk: string } {
    const id = newId();
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    return {
      id,
      privateKey: this.box.seal(placeOf(id), pem),
      publicJwk: JSON.stringify(publicKey.export({ format: 'jwk' })),
    };
  }

  private open(id: string, sealed: string): string {
    try {
      return this.box.open(placeOf(id), sealed);
    } catch (cause) {
      throw new Error(
        `KEY_ENCRYPTION_KEY does not open signing key ${id}; start with the key it was sealed with.`,
        { cause },
      );
    }
  }
}

/** Signing keys are the platform's, not a tenant's. */
const placeOf = (rowId: string): SecretPlace => ({
  tenantId: 'platform',
  table: 'signing_keys',
  column: 'private_key',
  rowId,
});
