import { Inject, Injectable } from '@nestjs/common';
import { reauthenticationErrors } from '@leadwire/contracts';
import { AppError, requestErrors, type Ctx } from '@leadwire/kernel';
import { AccountsStore } from './accounts.store.js';
import { Credentials } from './credentials.js';

/** Asks a signed-in person for the password once more, as slowly as log-in does: a stolen token must not find it out. */
@Injectable()
export class ReAuthentication {
  constructor(
    @Inject(AccountsStore) private readonly store: AccountsStore,
    @Inject(Credentials) private readonly credentials: Credentials,
  ) {}

  /**
   * Call it before the transaction of what it protects: a hash takes longer than a connection should wait.
   * @throws AppError `reauthentication.failed` | `account.slow_down` | `request.forbidden` for anybody but a person
   */
  async confirm(ctx: Ctx, password: string): Promise<void> {
    const email = await this.store.emailOf(requirePerson(ctx).userId);
    if (email === undefined) throw reauthenticationErrors.failed();
    // 401 would tell a client that its session is over.
    await this.credentials.prove(email, password, ctx.clientIp).catch((error: unknown) => {
      const wrong = error instanceof AppError && error.code === 'account.bad_credentials';
      throw wrong ? reauthenticationErrors.failed() : error;
    });
  }
}

/** @throws AppError `request.forbidden` unless a person acts in their own session: not an API key, nor the system */
export function requirePerson(ctx: Ctx): Ctx & { userId: string } {
  if (ctx.actor !== 'user' || !ctx.userId) throw requestErrors.forbidden({ internal: 'only for a person' });
  return ctx as Ctx & { userId: string };
}
