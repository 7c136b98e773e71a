import { Inject, Injectable } from '@nestjs/common';
import {
  accountErrors,
  IdentityLinked,
  IdentityUnlinked,
  OIDC_IDENTITIES_MAX,
  oidcErrors,
  type LinkedIdentity,
} from '@leadwire/contracts';
import { assert, Clock, newId } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import { Deliveries } from '../delivery/deliveries.js';
import {
  COUNT_IDENTITIES,
  DELETE_IDENTITY,
  FIND_IDENTITY,
  GET_IDENTITY,
  INSERT_IDENTITY,
  KEEP_TOKENS,
  LOCK_USER,
} from './oidc.queries.js';
import { OidcProviders } from './oidc-providers.js';
import type { Vouched } from './provider-exchange.js';
import type { ProviderPerson } from './provider-person.js';
import { ProviderTokenSeals, type StoredTokens } from './provider-tokens.js';

/** What `provider_data` holds: nothing that is not shown to the person or needed to renew their tokens. */
type ProviderData = { key: string; email?: string; oid?: string; tid?: string };

/** Tokens of an identity that is gone here. */
export type Unlinked = { providerKey: string; tokens: string[] };

type LockedUser = { email: string; hasPassword: boolean };

export type IdentityRow = {
  id: string;
  issuer: string;
  data: ProviderData;
  linkedAt: Date;
  updatedAt: Date;
  lastUsedAt: Date | null;
};

/** Which accounts of providers belong to which person; the key is issuer and subject, never an address. */
@Injectable()
export class Identities {
  constructor(
    @Inject(OidcProviders) private readonly providers: OidcProviders,
    @Inject(Deliveries) private readonly deliveries: Deliveries,
    @Inject(ProviderTokenSeals) private readonly seals: ProviderTokenSeals,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Links what a provider vouched for with a person, and tells them by mail. Linking it again only brings its tokens up to date.
   * @returns its id
   * @throws AppError `oidc.identity_taken` | `oidc.too_many_identities` | `account.not_a_member`
   */
  async link(db: TenantDb, userId: string, providerKey: string, vouched: Vouched): Promise<string> {
    const [user] = await db.query<LockedUser>(LOCK_USER, [userId]);
    if (!user) throw accountErrors.not_a_member({ internal: 'the account was switched off' });
    const { id, isNew } = await this.add(db, userId, providerKey, vouched);
    if (isNew) await this.tell(db, user.email, 'log-in-added', providerKey);
    return id;
  }

  /** The same for an account that this transaction makes. */
  async add(
    db: TenantDb,
    userId: string,
    providerKey: string,
    vouched: Vouched,
  ): Promise<{ id: string; isNew: boolean }> {
    const { issuer, subject } = vouched.person;
    const data = dataOf(providerKey, vouched.person);
    const made = newId();
    const linked = await db.execute(INSERT_IDENTITY, [made, userId, issuer, subject, data]);
    const [identity] = await db.query<{ id: string; userId: string }>(FIND_IDENTITY, [issuer, subject]);
    if (!identity || identity.userId !== userId) throw oidcErrors.identity_taken();
    if (linked > 0) {
      const [count] = await db.query<{ identities: number }>(COUNT_IDENTITIES, [userId]);
      if ((count?.identities ?? 0) > OIDC_IDENTITIES_MAX) throw oidcErrors.too_many_identities();
      db.emit(IdentityLinked, userId, { userId, issuer });
    }
    await this.keep(db, { ...identity, providerKey }, vouched, false);
    return { id: identity.id, isNew: linked > 0 };
  }

  /** Remembers that an identity began a session. @throws AppError `oidc.log_in_unknown` when it was unlinked meanwhile */
  async use(
    db: TenantDb,
    identity: { id: string; userId: string; providerKey: string },
    vouched: Vouched,
  ): Promise<void> {
    const kept = await this.keep(db, identity, vouched, true);
    if (!kept) throw oidcErrors.log_in_unknown({ internal: 'unlinked during the log-in' });
  }

  /**
   * Takes one away.
   * @returns what its provider still has of it, to be given back after the commit
   * @throws AppError `oidc.identity_not_found` | `oidc.last_way_in`
   */
  async unlink(db: TenantDb, userId: string, identityId: string): Promise<Unlinked> {
    const [user] = await db.query<LockedUser>(LOCK_USER, [userId]);
    const [removed] = await db.query<StoredTokens & { issuer: string; data: ProviderData }>(DELETE_IDENTITY, [
      identityId,
      userId,
    ]);
    if (!removed) throw oidcErrors.identity_not_found();
    const [left] = await db.query<{ identities: number }>(COUNT_IDENTITIES, [userId]);
    if (!user?.hasPassword && !left?.identities) throw oidcErrors.last_way_in();
    db.emit(IdentityUnlinked, userId, { userId, issuer: removed.issuer });
    if (user) await this.tell(db, user.email, 'log-in-removed', removed.data.key);
    return { providerKey: removed.data.key, tokens: this.seals.openLiving(identityId, removed) };
  }

  async get(db: TenantDb, identityId: string): Promise<LinkedIdentity> {
    const [row] = await db.query<IdentityRow>(GET_IDENTITY, [identityId]);
    assert(row, 'what was just linked is there');
    return this.view(row);
  }

  view({ id, issuer, data, linkedAt, updatedAt, lastUsedAt }: IdentityRow): LinkedIdentity {
    return {
      id,
      provider: data.key,
      label: this.labelOf(data.key),
      issuer,
      email: data.email ?? null,
      linkedAt: linkedAt.toISOString(),
      updatedAt: updatedAt.toISOString(),
      lastUsedAt: lastUsedAt?.toISOString() ?? null,
    };
  }

  private labelOf(key: string): string {
    return this.providers.find(key)?.label ?? key;
  }

  private tell(
    db: TenantDb,
    to: string,
    template: 'log-in-added' | 'log-in-removed',
    key: string,
  ): Promise<void> {
    return this.deliveries.mail(db, { to, template, data: { provider: this.labelOf(key) } });
  }

  private async keep(
    db: TenantDb,
    { id, userId, providerKey }: { id: string; userId: string; providerKey: string },
    { person, tokens }: Vouched,
    used: boolean,
  ): Promise<boolean> {
    const { accessToken, refreshToken, expiresAt, renewAt } = this.seals.seal(id, tokens);
    const usedAt = used ? this.clock.now() : null;
    const data = dataOf(providerKey, person);
    const params = [id, userId, accessToken, refreshToken, expiresAt, renewAt, data, usedAt];
    return (await db.execute(KEEP_TOKENS, params)) > 0;
  }
}

function dataOf(key: string, { email, objectId, directoryId }: ProviderPerson): ProviderData {
  return {
    key,
    ...(email ? { email } : {}),
    ...(objectId ? { oid: objectId } : {}),
    ...(directoryId ? { tid: directoryId } : {}),
  };
}
