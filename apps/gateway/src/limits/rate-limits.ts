import { Inject, Injectable } from '@nestjs/common';
import { requestErrors } from '@leadwire/kernel';
import { CONFIG, type ConfigOf } from '@leadwire/platform';
import type { FastifyReply } from 'fastify';
import type { gatewayConfig } from '../gateway.config.js';
import { TokenBuckets, type Allowance } from './token-buckets.js';

type Config = Pick<
  ConfigOf<typeof gatewayConfig>,
  'RATE_TENANT_PER_SECOND' | 'RATE_USER_PER_SECOND' | 'RATE_ANONYMOUS_PER_SECOND' | 'RATE_BURST_SECONDS'
>;

/**
 * Keeps one caller from taking everything: per tenant, per user, and per address where nobody is signed in. Counted in this
 * replica only, so the product of rate and replicas is the true bound. Says so in `RateLimit-Policy` and `RateLimit`
 * (draft-ietf-httpapi-ratelimit-headers).
 */
@Injectable()
export class RateLimits {
  private readonly tenants: TokenBuckets;
  private readonly users: TokenBuckets;
  private readonly addresses: TokenBuckets;
  private readonly signedInPolicy: string;
  private readonly anonymousPolicy: string;

  constructor(@Inject(CONFIG) config: Config) {
    const buckets = (perSecond: number) =>
      new TokenBuckets({ perSecond, burst: Math.max(1, Math.round(perSecond * config.RATE_BURST_SECONDS)) });
    this.tenants = buckets(config.RATE_TENANT_PER_SECOND);
    this.users = buckets(config.RATE_USER_PER_SECOND);
    this.addresses = buckets(config.RATE_ANONYMOUS_PER_SECOND);
    this.signedInPolicy = `${this.tenants.policy('tenant')}, ${this.users.policy('user')}`;
    this.anonymousPolicy = this.addresses.policy('address');
  }

  /** @throws AppError `request.rate_limited` */
  signedIn(tenantId: string, userId: string, reply: FastifyReply): void {
    const user = this.users.take(`${tenantId}|${userId}`);
    // A refused user must not eat the tenant's share.
    const tenant = user.retryAfterSeconds === undefined ? this.tenants.take(tenantId) : undefined;
    void reply.header('ratelimit-policy', this.signedInPolicy);
    void reply.header(
      'ratelimit',
      tenant ? `${left('tenant', tenant)}, ${left('user', user)}` : left('user', user),
    );
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
