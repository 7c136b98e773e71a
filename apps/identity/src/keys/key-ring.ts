import { generateKeyPairSync } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { ACCESS_TOKEN, type PublicSigningKey } from '@leadwire/contracts';
import { assert, Clock, newId } from '@leadwire/kernel';
import { translateDatabaseError } from '@leadwire/persistence';
import { CONFIG } from '@leadwire/platform';
import { SecretBox, type SecretPlace } from '@leadwire/security';
import type { DataSource, EntityManager } from 'typeorm';
import type { IdentityConfig } from '../identity.config.js';
import {
  ACTIVATE_KEY,
  ACTIVE_KEY,
  BEGIN_RETIRING,
  FORGET_KEYS,
  LIST_KEYS,
  LOCK_KEYS,
  PUBLIC_KEYS,
  PUBLISH_KEY,
  RETIRE_KEY,
} from './key-ring.queries.js';
import { dueSteps, type KeyRow, type KeyStep, type Wish } from './key-rotation.js';

type SealedKey = { id: string; privateKey: string };

const RETIRED_KEPT_MS = 90 * 86_400_000;

/**
 * The platform's signing keys as all replicas share them, in the database. Private halves are sealed under the key-encryption
 * key, and gone once a key is retired. One replica at a time changes anything.
 */
@Injectable()
export class KeyRing {
  private readonly box: SecretBox;

  constructor(
    @Inject(getDataSourceToken()) private readonly source: DataSource,
    @Inject(CONFIG) config: Pick<IdentityConfig, 'KEY_ENCRYPTION_KEY'>,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    this.box = new SecretBox(config.KEY_ENCRYPTION_KEY);
  }

  /**
   * Does what is due and returns it; with nothing there yet, makes the first keys.
   * @throws Error when the key that signs does not open
   */
  async advance(wish: Wish): Promise<KeyStep[]> {
    return this.attempt(
      this.source.transaction(async (manager) => {
        await manager.query(LOCK_KEYS);
        // Who cannot open the key that signs must not seal another beside it.
        const [signing]: SealedKey[] = await manager.query(ACTIVE_KEY);
        if (signing) this.open(signing.id, signing.privateKey);
        const now = this.clock.now();
        const done: KeyStep[] = [];
        // A first key is published and at once needed: two rounds.
        for (let round = 0; round < 2; round++) {
          const keys: KeyRow[] = await manager.query(LIST_KEYS);
          if (round > 0 && keys.some(({ state }) => state === 'active')) break;
          for (const step of dueSteps(keys, now, wish)) {
            await this.take(manager, step, now);
            done.push(step);
          }
        }
        await manager.query(FORGET_KEYS, [new Date(now.getTime() - RETIRED_KEPT_MS)]);
        return done;
      }),
    );
  }

  list(): Promise<KeyRow[]> {
    return this.attempt(this.source.query<KeyRow[]>(LIST_KEYS));
  }

  /**
   * Id and private half of the key that signs.
   * @throws Error when it does not open: nobody may sign with a key of its own beside it
   */
  async active(): Promise<{ id: string; pem: string }> {
    const [row] = await this.attempt(this.source.query<SealedKey[]>(ACTIVE_KEY));
    assert(row, 'there is always a key that signs');
    return { id: row.id, pem: this.open(row.id, row.privateKey) };
  }

  /** The public halves of all keys in use, newest first. */
  async published(): Promise<PublicSigningKey[]> {
    const rows = await this.attempt(
      this.source.query<{ id: string; publicKey: { kty: string; crv: string; x: string } }[]>(PUBLIC_KEYS),
    );
    return rows.map(({ id, publicKey: { kty, crv, x } }) => ({
      kty,
      crv,
      x,
      kid: id,
      alg: ACCESS_TOKEN.algorithm,
      use: 'sig',
    }));
  }

  private async take(manager: EntityManager, step: KeyStep, now: Date): Promise<void> {
    switch (step.do) {
      case 'publish': {
        const { id, publicJwk, privateKey } = this.make();
        await manager.query(PUBLISH_KEY, [id, ACCESS_TOKEN.algorithm, publicJwk, privateKey, now]);
        return;
      }
      case 'activate':
        if (step.insteadOf) await manager.query(BEGIN_RETIRING, [step.insteadOf, now]);
        await manager.query(ACTIVATE_KEY, [step.id, now]);
        return;
      case 'retire':
        await manager.query(RETIRE_KEY, [step.id, now]);
    }
  }

  private make(): { id: string; publicJwk: string; privateKey: string } {
    const id = newId();
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    return {
      id,
      publicJwk: JSON.stringify(publicKey.export({ format: 'jwk' })),
      privateKey: this.box.seal(placeOf(id), pem),
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

  private async attempt<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw translateDatabaseError(error);
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
