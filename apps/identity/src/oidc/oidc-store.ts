import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { oidcErrors } from '@leadwire/contracts';
import { Clock, newId } from '@leadwire/kernel';
import { translateDatabaseError, type TenantDb } from '@leadwire/persistence';
import { CONFIG } from '@leadwire/platform';
import { SecretBox, type SecretPlace } from '@leadwire/security';
import type { DataSource } from 'typeorm';
import type { IdentityConfig } from '../identity.config.js';
import {
  FIND_IDENTITY,
  FIND_TICKET,
  INSERT_LOG_IN,
  INSERT_TICKET,
  SWEEP_LOG_INS,
  SWEEP_TICKETS,
  TAKE_LOG_IN,
  TAKE_TICKET,
} from './oidc.queries.js';
import type { Vouched } from './provider-exchange.js';

/** How long a browser may take at its provider. */
const LOG_IN_TTL_MS = 600_000;
/** How long somebody may think about the name of their team, or look for their password. */
const TICKET_TTL_MS = 600_000;
const SECRET_BYTES = 32;
/** Expired rows that each new one takes along. */
const SWEPT_ALONG = 5;
const SWEPT_AT_ONCE = 1_000;

/** What a log-in under way needs when its browser comes back. */
export type PendingLogIn = {
  redirectUri: string;
  nonce: string;
  verifier: string;
  /** Which team the person asked for. */
  team: { tenantId?: string; tenantSlug?: string };
  /** Who links another way to log in, in which session; absent in a log-in. */
  linkFor?: { userId: string; tenantId: string; sessionId: string };
};

/** What a ticket stands for. */
export type TicketContent = Vouched & { providerKey: string };

type SealedRow = { id: string; sealed: string };

/**
 * Log-ins under way and tickets, which exist before anybody knows a tenant: all SQL of provider log-ins outside a tenant's
 * transaction. Both work once, for ten minutes, for whoever holds a secret of which only the hash is here.
 */
@Injectable()
export class OidcStore {
  private readonly box: SecretBox;

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    @Inject(CONFIG) config: IdentityConfig,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    this.box = new SecretBox(config.KEY_ENCRYPTION_KEY);
  }

  /** @returns until when the browser may come back */
  async keepLogIn(
    providerKey: string,
    secrets: { state: string; handle: string },
    pending: PendingLogIn,
  ): Promise<Date> {
    const now = this.clock.now();
    const id = newId();
    const expiresAt = new Date(now.getTime() + LOG_IN_TTL_MS);
    const sealed = this.box.seal(placeOf('oidc_log_ins', id), JSON.stringify(pending));
    const hashes = [hashOf(secrets.state), hashOf(secrets.handle)];
    await this.query(INSERT_LOG_IN, [id, ...hashes, providerKey, sealed, expiresAt]);
    await this.query(SWEEP_LOG_INS, [now, SWEPT_ALONG]);
    return expiresAt;
  }

  /**
   * The log-in that this browser began, once.
   * @throws AppError `oidc.log_in_unknown` also when it was another browser's, or has expired
   */
  async takeLogIn(state: string, handle: string): Promise<PendingLogIn & { providerKey: string }> {
    type Row = SealedRow & { providerKey: string; expiresAt: Date };
    // TypeORM answers a DELETE with its rows and their number.
    const [rows] = await this.query<[Row[], number]>(TAKE_LOG_IN, [hashOf(state), hashOf(handle)]);
    const row = rows[0];
    if (!row || row.expiresAt <= this.clock.now()) throw oidcErrors.log_in_unknown();
    const pending = JSON.parse(this.box.open(placeOf('oidc_log_ins', row.id), row.sealed)) as PendingLogIn;
    return { ...pending, providerKey: row.providerKey };
  }

  /** Whose identity this is, and its id. */
  async findIdentity(issuer: string, subject: string): Promise<{ id: string; userId: string } | undefined> {
    const [row] = await this.query<{ id: string; userId: string }[]>(FIND_IDENTITY, [issuer, subject]);
    return row;
  }

  /** A new ticket; what is kept of it opens nothing. */
  async issueTicket(content: TicketContent): Promise<string> {
    const now = this.clock.now();
    const id = newId();
    const ticket = newSecret();
    const sealed = this.box.seal(placeOf('oidc_tickets', id), JSON.stringify(content));
    const expiresAt = new Date(now.getTime() + TICKET_TTL_MS);
    await this.query(INSERT_TICKET, [id, hashOf(ticket), sealed, expiresAt]);
    await this.query(SWEEP_TICKETS, [now, SWEPT_ALONG]);
    return ticket;
  }

  /** What a ticket stands for, without using it up. @throws AppError `oidc.ticket_unknown` */
  async readTicket(ticket: string): Promise<TicketContent> {
    return this.contentOf(await this.query(FIND_TICKET, [hashOf(ticket), this.clock.now()]));
  }

  /** Uses a ticket up in the transaction of what it allows. @throws AppError `oidc.ticket_unknown` */
  async takeTicket(db: TenantDb, ticket: string): Promise<TicketContent> {
    return this.contentOf(await db.query<SealedRow>(TAKE_TICKET, [hashOf(ticket), this.clock.now()]));
  }

  /** Removes what has expired: what it says of people is kept no longer than it is needed. */
  async sweep(): Promise<void> {
    const params = [this.clock.now(), SWEPT_AT_ONCE];
    await this.query(SWEEP_LOG_INS, params);
    await this.query(SWEEP_TICKETS, params);
  }

  private contentOf([row]: SealedRow[]): TicketContent {
    if (!row) throw oidcErrors.ticket_unknown();
    const content = JSON.parse(this.box.open(placeOf('oidc_tickets', row.id), row.sealed)) as TicketContent;
    const { expiresAt } = content.tokens;
    return {
      ...content,
      tokens: { ...content.tokens, ...(expiresAt ? { expiresAt: new Date(expiresAt) } : {}) },
    };
  }

  private query<R>(sql: string, params: unknown[]): Promise<R> {
    return this.source
      .query<R>(sql, params)
      .catch((error: unknown) => Promise.reject(translateDatabaseError(error)));
  }
}

/** 256 random bits, in the form in which handles, states and tickets travel. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

// Before a tenant is known there is only the platform.
const placeOf = (table: string, rowId: string): SecretPlace => ({
  tenantId: 'platform',
  table,
  column: 'sealed',
  rowId,
});
