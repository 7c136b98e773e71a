import { createPrivateKey, type KeyObject } from 'node:crypto';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ACCESS_TOKEN, type AccessTokenClaims } from '@leadwire/contracts';
import { assert, Clock } from '@leadwire/kernel';
import { CONFIG, LOGGER, type Logger } from '@leadwire/platform';
import { SignJWT } from 'jose';
import type { IdentityConfig } from '../identity.config.js';
import { KeyRing } from './key-ring.js';
import type { KeyStep, Wish } from './key-rotation.js';

/** So long may a replica go on with the key of before; it stays published far longer. */
const LOOK_EVERY_MS = 5_000;
const DAY_MS = 86_400_000;

/**
 * Signs access tokens with the key that is active, and keeps the ring turning: every replica looks, one at a time does what is
 * due. Private keys leave this class only as signatures.
 */
@Injectable()
export class SigningKeys implements OnModuleInit, BeforeApplicationShutdown {
  private active?: { id: string; key: KeyObject };
  private timer?: NodeJS.Timeout;
  private looking: Promise<void> = Promise.resolve();

  constructor(
    @Inject(KeyRing) private readonly ring: KeyRing,
    @Inject(CONFIG) private readonly config: Pick<IdentityConfig, 'KEY_ROTATION_DAYS'>,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws Error when the stored key does not open */
  async onModuleInit(): Promise<void> {
    await this.advance(this.daily());
    this.timer = setInterval(() => (this.looking = this.looking.then(() => this.look())), LOOK_EVERY_MS);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
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

  private async look(): Promise<void> {
    await this.advance(this.daily()).catch((err: unknown) =>
      this.logger.warn({ err }, 'the signing keys could not be looked after'),
    );
  }

  private daily(): Wish {
    return { rotateEveryMs: this.config.KEY_ROTATION_DAYS * DAY_MS };
  }
}
