import { Inject, type OnModuleInit } from '@nestjs/common';
import {
  accountErrors,
  signUpLinksApi,
  type RequestSignUpLink,
  type SessionTokens,
  type SignUpLinksApi,
  type SignUpWithLink,
} from '@leadwire/contracts';
import { Clock, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { isUniqueViolation } from '@leadwire/persistence';
import { Deliveries } from '../delivery/deliveries.js';
import { DeliveryWorker } from '../delivery/delivery-worker.js';
import { EMAIL_LINK_VALID_MS } from '../emails/email-verification.js';
import { limits } from '../guessing/limits.js';
import { Throttles } from '../guessing/throttles.js';
import { NewPasswords } from '../passwords/new-passwords.js';
import { AccountTransaction } from './account-transaction.js';
import { AccountsStore } from './accounts.store.js';
import { canonicalEmail } from './canonical-email.js';
import { hashOfLinkToken, newLinkToken } from './link-token.js';
import {
  FIND_SIGN_UP_LINK,
  PUT_SIGN_UP_LINK,
  SWEEP_SIGN_UP_LINKS,
  TAKE_SIGN_UP_LINK,
} from './sign-up-links.queries.js';
import { SignUps } from './sign-ups.js';
import { TakenAddresses } from './taken-addresses.js';

const CHANNEL = 'sign-up-link';

/** Sign-up that tells nobody who has an account: whether an address has one is said to its mailbox only. */
@Serves(signUpLinksApi)
export class SignUpLinksService implements SignUpLinksApi, OnModuleInit {
  constructor(
    @Inject(AccountTransaction) private readonly transaction: AccountTransaction,
    @Inject(AccountsStore) private readonly store: AccountsStore,
    @Inject(SignUps) private readonly signUps: SignUps,
    @Inject(TakenAddresses) private readonly taken: TakenAddresses,
    @Inject(NewPasswords) private readonly newPasswords: NewPasswords,
    @Inject(Throttles) private readonly throttles: Throttles,
    @Inject(Deliveries) private readonly deliveries: Deliveries,
    @Inject(DeliveryWorker) private readonly worker: DeliveryWorker,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.worker.handle(CHANNEL, ({ email }: { email: string }) => this.answer(email));
  }

  /**
   * Takes a request in. Who has the address is looked up later, so that the answer is the same for everybody and takes the same
   * time. Too many requests for one address are dropped in silence, those of one network are refused whatever they ask for.
   * @throws AppError `account.slow_down`
   */
  async request(ctx: Ctx, input: RequestSignUpLink): Promise<void> {
    const email = canonicalEmail(input.email);
    await this.throttles.claim(...limits.signUps(ctx.clientIp));
    if ((await this.throttles.tryToClaim(limits.signUpLink(email))) > 0) return;
    await this.transaction.run((db) =>
      this.deliveries.followUp(db, { channel: CHANNEL, payload: { email } }),
    );
  }

  /**
   * Makes a tenant, the account of its owner, who has read the mail and so has the address, and a first session. The password is
   * chosen here: whoever asked for the link may have been a stranger. The link is used up only if all of it succeeds.
   * @throws AppError `account.link_invalid` | `account.email_taken` | `account.password_refused` | `request.unavailable`
   */
  async confirm(ctx: Ctx, input: SignUpWithLink): Promise<SessionTokens> {
    const { token, password, tenantName, firstName, lastName } = input;
    const tokenHash = hashOfLinkToken(token);
    // A hash is not spent on a link that does not work.
    const email = await this.find(tokenHash);
    const passwordHash = await this.newPasswords.prepare(password, [email, tenantName, firstName, lastName]);
    const owner = { email, passwordHash, emailVerified: true, firstName, lastName };
    return this.signUps
      .begin(ctx, tenantName, owner, async (db) => {
        const used = await db.query(TAKE_SIGN_UP_LINK, [tokenHash, this.clock.now()]);
        if (used.length === 0) throw accountErrors.link_invalid();
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error, 'users_email_key') ? accountErrors.email_taken() : error;
      });
  }

  private async find(tokenHash: Buffer): Promise<string> {
    const params = [tokenHash, this.clock.now()];
    const [link] = await this.transaction.alone.query<{ email: string; taken: boolean }>(
      FIND_SIGN_UP_LINK,
      params,
    );
    if (!link) throw accountErrors.link_invalid();
    if (link.taken) throw accountErrors.email_taken();
    return link.email;
  }

  private async answer(email: string): Promise<void> {
    await ((await this.store.emailTaken(email)) ? this.taken.tell(email) : this.mailLink(email));
  }

  private async mailLink(email: string): Promise<void> {
    const token = newLinkToken();
    const now = this.clock.now();
    const expiresAt = new Date(now.getTime() + EMAIL_LINK_VALID_MS);
    await this.transaction.run(async (db) => {
      await db.execute(PUT_SIGN_UP_LINK, [hashOfLinkToken(token), email, expiresAt, now]);
      await db.execute(SWEEP_SIGN_UP_LINKS, [now]);
      await this.deliveries.mail(db, { to: email, template: 'sign-up-link', data: { token } });
    });
  }
}
