import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Clock } from '@leadwire/kernel';
import { Rounds } from '@leadwire/platform';
import type { DataSource } from 'typeorm';
import { CLAIM_DUE, FORGET_TOKENS, KEEP_RENEWED, POSTPONE_RENEWAL } from './oidc.queries.js';
import { OidcProviders } from './oidc-providers.js';
import { OidcStore } from './oidc-store.js';
import { ProviderExchange } from './provider-exchange.js';
import { isInvalidGrant, providerFailure, shortOf } from './provider-failure.js';
import { ProviderTokenSeals } from './provider-tokens.js';

const BATCH_MAX = 20;
/** Requests to providers at once. */
const AT_ONCE_MAX = 4;
/** Who claims must be done by then: a batch takes at most 20 / 4 requests of a few seconds each. */
const LEASE_MS = 120_000;
/** The first wait after a failure; it doubles. */
const WAIT_FIRST_MS = 60_000;
const WAIT_MAX_MS = 6 * 3_600_000;
/** About two days of a provider that does not answer; then the next log-in brings new tokens. */
const FAILURES_MAX = 16;

type Due = {
  id: string;
  subject: string;
  data: { key: string };
  sealedRefreshToken: string;
  failures: number;
};

/**
 * Renews providers' tokens before they expire, and sweeps log-ins that nobody came back from. Replicas may do so at once: each
 * claims its own rows for two minutes. A process killed between the provider's answer and its storing loses a refresh token that
 * works once; the provider then refuses the old one, its tokens are forgotten, and the person's next log-in brings new ones.
 */
@Injectable()
export class TokenRenewals extends Rounds {
  protected readonly everyMs = 30_000;
  protected readonly trouble = "providers' tokens could not be renewed";

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    @Inject(OidcStore) private readonly store: OidcStore,
    @Inject(OidcProviders) private readonly providers: OidcProviders,
    @Inject(ProviderExchange) private readonly exchange: ProviderExchange,
    @Inject(ProviderTokenSeals) private readonly seals: ProviderTokenSeals,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    super();
  }

  async round(): Promise<boolean> {
    await this.store.sweep();
    return (await this.renewDue()) === BATCH_MAX;
  }

  /** Renews one batch of what is due. @returns how many were taken up */
  async renewDue(): Promise<number> {
    const due = await this.claim();
    const taken = due.length;
    const lane = async () => {
      for (let one = due.shift(); one && !this.stopped; one = due.shift()) await this.renew(one);
    };
    await Promise.all(Array.from({ length: AT_ONCE_MAX }, lane));
    return taken;
  }

  private async claim(): Promise<Due[]> {
    const now = this.clock.now();
    const until = new Date(now.getTime() + LEASE_MS);
    // TypeORM answers an UPDATE with its rows and their number.
    const [due] = await this.source.query<[Due[], number]>(CLAIM_DUE, [now, until, BATCH_MAX]);
    return due;
  }

  private async renew(due: Due): Promise<void> {
    const { id, subject, data, sealedRefreshToken: sealed } = due;
    const provider = this.providers.find(data.key);
    // The operator has taken the provider away; what is left of it is worth nothing.
    if (!provider) return this.forget(due);
    try {
      const token = this.seals.openRefreshToken(id, sealed);
      const renewed = this.seals.seal(id, await this.exchange.renew(provider, token, subject));
      const { accessToken, refreshToken, expiresAt, renewAt } = renewed;
      await this.source.query(KEEP_RENEWED, [id, sealed, accessToken, refreshToken, expiresAt, renewAt]);
    } catch (error) {
      const refused = isInvalidGrant(error) || providerFailure(error).code === 'oidc.rejected';
      this.logger.info({ identityId: id, provider: data.key, reason: shortOf(error) }, 'tokens not renewed');
      await (refused || due.failures + 1 >= FAILURES_MAX ? this.forget(due) : this.postpone(due));
    }
  }

  private async forget({ id, sealedRefreshToken }: Due): Promise<void> {
    await this.source.query(FORGET_TOKENS, [id, sealedRefreshToken]);
  }

  private async postpone({ id, sealedRefreshToken, failures }: Due): Promise<void> {
    const waitMs = Math.min(WAIT_MAX_MS, WAIT_FIRST_MS * 2 ** failures);
    const at = new Date(this.clock.now().getTime() + waitMs);
    await this.source.query(POSTPONE_RENEWAL, [id, sealedRefreshToken, at]);
  }
}
