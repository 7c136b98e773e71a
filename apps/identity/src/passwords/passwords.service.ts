import { Inject } from '@nestjs/common';
import {
  passwordsApi,
  type ChangePassword,
  type PasswordsApi,
  type RequestPasswordReset,
  type ResetPassword,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction } from '@leadwire/persistence';
import { canonicalEmail } from '../accounts/canonical-email.js';
import { ReAuthentication, requirePerson } from '../accounts/re-authentication.js';
import { withoutMemory } from '../accounts/without-memory.js';
import { limits } from '../guessing/limits.js';
import { Throttles } from '../guessing/throttles.js';
import { Sessions } from '../sessions/sessions.js';
import { NewPasswords } from './new-passwords.js';
import { PasswordResets } from './password-resets.js';

/** Changing a password, and getting a new one without the old. */
@Serves(passwordsApi)
export class PasswordsService implements PasswordsApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(NewPasswords) private readonly newPasswords: NewPasswords,
    @Inject(PasswordResets) private readonly resets: PasswordResets,
    @Inject(ReAuthentication) private readonly reAuthentication: ReAuthentication,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(Throttles) private readonly throttles: Throttles,
  ) {}

  /**
   * Changes the caller's password; their other sessions end with it.
   * @throws AppError `reauthentication.failed` | `account.password_refused` | `account.slow_down` | `request.unavailable`
   */
  async change(ctx: Ctx, { currentPassword, password }: ChangePassword): Promise<void> {
    const { userId, sessionId } = requirePerson(ctx);
    await this.reAuthentication.confirm(ctx, currentPassword);
    const once = withoutMemory(ctx);
    const known = await this.tenant.run(once, (db) => this.newPasswords.knownOf(db, userId));
    const passwordHash = await this.newPasswords.prepare(password, known);
    await this.tenant.run(once, async (db) => {
      await this.newPasswords.store(db, userId, passwordHash, 'was changed');
      const exceptSessionId = sessionId ?? undefined;
      await this.sessions.endAllIn(db, { userId, exceptSessionId, reason: 'password-changed' });
    });
    // Those in their other teams, too, within the second.
    await this.sessions.announce(userId);
  }

  /**
   * Mails a link if the address has an account. The answer never says whether it does: too many requests for one address are
   * dropped in silence, those of one network are refused whatever they ask for.
   * @throws AppError `account.slow_down`
   */
  async requestReset(ctx: Ctx, input: RequestPasswordReset): Promise<void> {
    const email = canonicalEmail(input.email);
    await this.throttles.claim(...limits.resetsOfNetwork(ctx.clientIp));
    if ((await this.throttles.tryToClaim(limits.reset(email))) > 0) return;
    await this.resets.request(email);
  }

  /** @throws AppError `account.link_invalid` | `account.password_refused` | `request.unavailable` */
  async reset({ clientIp }: Ctx, { token, password }: ResetPassword): Promise<void> {
    await this.resets.redeem(token, password, clientIp);
  }
}
