import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { accountErrors } from '@leadwire/contracts';
import { Clock } from '@leadwire/kernel';
import { AccountTransaction } from '../accounts/account-transaction.js';
import { ACT_AS_USER } from '../accounts/accounts.queries.js';
import { OneTimeTokens } from '../accounts/one-time-tokens.js';
import { Deliveries } from '../delivery/deliveries.js';
import { DeliveryWorker } from '../delivery/delivery-worker.js';
import { ownNetwork } from '../guessing/password-guessing.js';
import { REMEMBER_NETWORKS } from '../guessing/throttles.queries.js';
import { Sessions } from '../sessions/sessions.js';
import { NewPasswords } from './new-passwords.js';
import { DROP_UNPROVEN_IDENTITIES, FIND_READER, VERIFY_READER } from './passwords.queries.js';
import { RESET_PASSWORD } from './purposes.js';

const RESET_LINK_VALID_MS = 3_600_000;
const CHANNEL = 'password-reset';

/** A new password for who reads the address of an account, without the old one. */
@Injectable()
export class PasswordResets implements OnModuleInit {
  constructor(
    @Inject(AccountTransaction) private readonly transaction: AccountTransaction,
    @Inject(OneTimeTokens) private readonly tokens: OneTimeTokens,
    @Inject(Deliveries) private readonly deliveries: Deliveries,
    @Inject(DeliveryWorker) private readonly worker: DeliveryWorker,
    @Inject(NewPasswords) private readonly newPasswords: NewPasswords,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.worker.handle(CHANNEL, ({ email }: { email: string }) => this.mailLink(email));
  }

  /** Takes a request in. Who has the address is looked up later, so that the answer takes the same time for everybody. */
  async request(email: string): Promise<void> {
    await this.transaction.run((db) =>
      this.deliveries.followUp(db, { channel: CHANNEL, payload: { email } }),
    );
  }

  /**
   * Sets the password of the link's account and ends all its sessions, in one commit.
   * @throws AppError `account.link_invalid` | `account.password_refused` | `request.unavailable`
   */
  async redeem(token: string, password: string, clientIp: string | undefined): Promise<void> {
    const { userId, known } = await this.peek(token);
    const passwordHash = await this.newPasswords.prepare(password, known);
    await this.transaction.run(async (db) => {
      const redeemed = await this.tokens.redeem(db, RESET_PASSWORD, token);
      if (!redeemed) throw accountErrors.link_invalid();
      await this.newPasswords.store(db, userId, passwordHash, 'was set anew with a link from a mail');
      const proven = await db.query(VERIFY_READER, [userId, redeemed.data['email']]);
      if (proven.length > 0) await db.execute(DROP_UNPROVEN_IDENTITIES, [userId]);
      await this.sessions.endAllBeside(db, { userId, reason: 'password-changed' });
      // The owner's way in past whoever tries passwords from everywhere, all the time.
      await db.execute(REMEMBER_NETWORKS, ownNetwork(userId, clientIp, this.clock.now()));
    });
    await this.sessions.announce(userId);
  }

  // A hash is not spent on a link that does not work.
  private peek(token: string): Promise<{ userId: string; known: (string | null)[] }> {
    return this.transaction.run(async (db) => {
      const found = await this.tokens.peek(db, RESET_PASSWORD, token);
      if (!found) throw accountErrors.link_invalid();
      await db.execute(ACT_AS_USER, [found.userId]);
      return { userId: found.userId, known: await this.newPasswords.knownOf(db, found.userId) };
    });
  }

  private async mailLink(address: string): Promise<void> {
    await this.transaction.run(async (db) => {
      const [reader] = await db.query<{ userId: string; email: string }>(FIND_READER, [address]);
      if (!reader) return;
      const { userId, email } = reader;
      await this.tokens.revoke(db, userId, RESET_PASSWORD);
      const order = { purpose: RESET_PASSWORD, userId, data: { email }, ttlMs: RESET_LINK_VALID_MS };
      const token = await this.tokens.issue(db, order);
      const validForMs = RESET_LINK_VALID_MS;
      await this.deliveries.mail(db, { to: email, template: 'reset-password', data: { token }, validForMs });
    });
  }
}
