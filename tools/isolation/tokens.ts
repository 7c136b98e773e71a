import { generateKeyPairSync, createPrivateKey, createSecretKey, type KeyObject } from 'node:crypto';
import { ACCESS_TOKEN } from '@leadwire/contracts';
import { SecretBox } from '@leadwire/security';
import { decodeJwt, decodeProtectedHeader, SignJWT, type JWTHeaderParameters, type JWTPayload } from 'jose';
import type pg from 'pg';

const ACTIVE_KEY = `
  SELECT id, private_key AS sealed, public_key AS "publicKey"
  FROM identity.signing_keys
  WHERE state = 'active'`;
const HOUR_SECONDS = 3_600;

type ActiveKey = { id: string; sealed: string; publicKey: { x: string } };

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Access tokens that must not work, each made from one that does. */
export type BadTokens = {
  expired: string;
  forged: string;
  unsigned: string;
  /** Signed with HMAC, the public key as its secret: what a verifier that lets the token choose the algorithm takes. */
  confused: string;
  /** Another tenant's id in the claims, under the old signature. */
  altered: string;
};

/** The key that the platform signs access tokens with, taken from where it lies sealed. */
export class PlatformKey {
  private readonly id: string;
  private readonly key: KeyObject;
  /** As its public half is published. */
  readonly publicBytes: Buffer;

  private constructor(id: string, pem: string, publicBytes: Buffer) {
    this.id = id;
    this.key = createPrivateKey(pem);
    this.publicBytes = publicBytes;
  }

  static async of(database: pg.Pool, keyEncryptionKey: string): Promise<PlatformKey> {
    const { rows } = await database.query<ActiveKey>(ACTIVE_KEY);
    const active = rows[0];
    if (!active) throw new Error('There is no signing key.');
    const place = { tenantId: 'platform', table: 'signing_keys', column: 'private_key', rowId: active.id };
    const pem = new SecretBox(Buffer.from(keyEncryptionKey, 'base64')).open(place, active.sealed);
    return new PlatformKey(active.id, pem, Buffer.from(active.publicKey.x, 'base64url'));
  }

  /** The same access token for an hour: a proof may take longer than five minutes, and what it shows must not be old age. */
  lasting(token: string): Promise<string> {
    return this.sign(token, { exp: Math.floor(Date.now() / 1000) + HOUR_SECONDS });
  }

  sign(token: string, claims: JWTPayload): Promise<string> {
    return sign({ ...decodeJwt(token), ...claims }, { ...headerOf(token), kid: this.id }, this.key);
  }
}

export async function badTokensOf(good: string, key: PlatformKey): Promise<BadTokens> {
  const claims = decodeJwt(good);
  const header = headerOf(good);
  const now = Math.floor(Date.now() / 1000);
  const foreign = generateKeyPairSync('ed25519').privateKey;
  const [head = '', , signature = ''] = good.split('.');
  return {
    expired: await key.sign(good, { iat: now - 2 * HOUR_SECONDS, exp: now - HOUR_SECONDS }),
    forged: await sign(claims, header, foreign),
    unsigned: `${base64({ ...header, alg: 'none' })}.${base64(claims)}.`,
    confused: await sign(claims, { ...header, alg: 'HS256' }, createSecretKey(key.publicBytes)),
    altered: `${head}.${base64({ ...claims, tid: crypto.randomUUID() })}.${signature}`,
  };
}

function headerOf(token: string): JWTHeaderParameters {
  return { ...decodeProtectedHeader(token), alg: ACCESS_TOKEN.algorithm };
}

function sign(claims: JWTPayload, header: JWTHeaderParameters, key: KeyObject): Promise<string> {
  return new SignJWT(claims).setProtectedHeader(header).sign(key);
}
