import { createPrivateKey, type KeyObject } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ACCESS_TOKEN, type AccessTokenClaims } from '@leadwire/contracts';
import { assert, Clock } from '@leadwire/kernel';
import { CONFIG, Rounds } from '@leadwire/platform';
import { SignJWT } from 'jose';
import type { IdentityConfig } from '../identity.config.js';
import { KeyRing } from './key-ring.js';
import type { KeyStep, Wish } from './key-rotation.js';

const DAY_MS = 86_400_000;

/**
 * Signs access tokens with the key that is active, and keeps the ring turning: every replica looks, one at a time does what is
 * due. Private keys leave this class only as signatures.
 */
@Injectable()
export class SigningKeys extends Rounds implements OnModuleInit {
  /** So long may a replica go on with the key of before; it stays published far longer. */
  protected readonly everyMs = 5_000;
  protected readonly trouble = 'the signing keys could not be looked after';
  private active?: { id: string; key: KeyObject };

  constructor(
    @Inject(KeyRing) private readonly ring: KeyRing,
    @Inject(CONFIG) private readonly config: Pick<IdentityConfig, 'KEY_ROTATION_DAYS'>,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    super();
  }

  /** @throws Error when the stored key does not open */
  async onModuleInit(): Promise<void> {
    await this.advance(this.daily());
  }

  async round(): Promise<boolean> {
    await this.advance(this.daily());
    return false;
  }

  /** Does what is due with the keys, and signs with whichever is active then. */
  async advance(wish: Wish): Promise<KeyStep[]> {
    const steps = await this.ring.advance(wish);
    const { id, pem } = await this.ring.active();
    if (id !== this.active?.id) this.active = { id, key: createPrivateKey(pem) };
    for (const step of steps) this.logger.info({ ...step }, 'signing keys moved on');
    return steps;
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

  private daily(): Wish {
    return { rotateEveryMs: this.config.KEY_ROTATION_DAYS * DAY_MS };
  }
}
