import { Inject, Injectable } from '@nestjs/common';
import { requestErrors } from '@leadwire/kernel';
import { CONFIG, type ConfigOf } from '@leadwire/platform';
import type { FastifyReply } from 'fastify';
import type { Session } from '../auth/session.js';
import type { gatewayConfig } from '../gateway.config.js';
import { TokenBuckets, type Allowance, type Rate } from './token-buckets.js';

type Config = Pick<
  ConfigOf<typeof gatewayConfig>,
  'RATE_TENANT_PER_SECOND' | 'RATE_USER_PER_SECOND' | 'RATE_ANONYMOUS_PER_SECOND' | 'RATE_BURST_SECONDS'
>;

/** Who spends: a person, or an API key in their name with a rate of its own. */
export type Spender = Pick<Session, 'tenantId' | 'userId' | 'apiKeyId' | 'ratePerSecond'>;

/**
 * Keeps one caller from taking everything: per tenant, per user, per API key that has a rate, and per address where nobody is signed in. Counted in this
 * replica only, so the product of rate and replicas is the true bound. Says so in `RateLimit-Policy` and `RateLimit`
 * (draft-ietf-httpapi-ratelimit-headers).
 */
@Injectable()
export class RateLimits {
  private readonly tenants: TokenBuckets;
  private readonly users: TokenBuckets;
  private readonly addresses: TokenBuckets;
  private readonly apiKeys: TokenBuckets;
  private readonly burstSeconds: number;
  private readonly signedInPolicy: string;
  private readonly anonymousPolicy: string;

  constructor(@Inject(CONFIG) config: Config) {
    this.burstSeconds = config.RATE_BURST_SECONDS;
    const buckets = (perSecond: number) => new TokenBuckets(this.rateOf(perSecond));
    this.tenants = buckets(config.RATE_TENANT_PER_SECOND);
    this.users = buckets(config.RATE_USER_PER_SECOND);
    this.addresses = buckets(config.RATE_ANONYMOUS_PER_SECOND);
    this.apiKeys = buckets(1);
    this.signedInPolicy = `${this.tenants.policy('tenant')}, ${this.users.policy('user')}`;
    this.anonymousPolicy = this.addresses.policy('address');
  }

  /** @throws AppError `request.rate_limited` */
  signedIn(spender: Spender, reply: FastifyReply): void {
    const { tenantId, userId, apiKeyId, ratePerSecond } = spender;
    const key = apiKeyId && ratePerSecond ? this.ofKey(apiKeyId, ratePerSecond) : undefined;
    if (key) {
      void reply.header('ratelimit-policy', key.policy);
      void reply.header('ratelimit', left('key', key.allowance));
      refuse(key.allowance);
    }
    const user = this.users.take(`${tenantId}|${userId}`);
    // A refused user must not eat the tenant's share.
    const tenant = user.retryAfterSeconds === undefined ? this.tenants.take(tenantId) : undefined;
    const spent = [tenant && left('tenant', tenant), left('user', user), key && left('key', key.allowance)];
    void reply.header('ratelimit-policy', listed([this.signedInPolicy, key?.policy]));
    void reply.header('ratelimit', listed(spent));
    refuse(user);
    if (tenant) refuse(tenant);
  }

  /** @throws AppError `request.rate_limited` */
  anonymous(address: string, reply: FastifyReply): void {
    const allowance = this.addresses.take(networkOf(address));
    void reply.header('ratelimit-policy', this.anonymousPolicy);
    void reply.header('ratelimit', left('address', allowance));
    refuse(allowance);
  }

  /** Gives an address back what {@link anonymous} took, when its caller turned out to be known. */
  forgive(address: string): void {
    this.addresses.giveBack(networkOf(address));
  }

  private ofKey(apiKeyId: string, ratePerSecond: number): { allowance: Allowance; policy: string } {
    const rate = this.rateOf(ratePerSecond);
    return {
      allowance: this.apiKeys.take(apiKeyId, Date.now(), rate),
      policy: this.apiKeys.policy('key', rate),
    };
  }

  private rateOf(perSecond: number): Rate {
    return { perSecond, burst: Math.max(1, Math.round(perSecond * this.burstSeconds)) };
  }
}

function listed(parts: (string | undefined)[]): string {
  return parts.filter(Boolean).join(', ');
}

function left(name: string, { remaining, resetSeconds }: Allowance): string {
  return `"${name}";r=${remaining};t=${resetSeconds}`;
}

function refuse({ retryAfterSeconds }: Allowance): void {
  if (retryAfterSeconds !== undefined) throw requestErrors.rate_limited({ retryAfterSeconds });
}

// One household or host gets a whole /64 of IPv6, so single addresses would be no limit at all.
function networkOf(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address;
  const [head = '', tail = ''] = address.split('::');
  const groups = head.split(':').filter(Boolean);
  const after = tail.split(':').filter(Boolean);
  while (address.includes('::') && groups.length + after.length < 8) groups.push('0');
  return [...groups, ...after].slice(0, 4).join(':');
}
