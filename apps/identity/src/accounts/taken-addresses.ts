import { Inject, Injectable } from '@nestjs/common';
import { accountErrors } from '@leadwire/contracts';
import type { AppError } from '@leadwire/kernel';
import { Deliveries } from '../delivery/deliveries.js';
import { limits } from '../guessing/limits.js';
import { Throttles } from '../guessing/throttles.js';
import { AccountTransaction } from './account-transaction.js';

/** Sign-ups with an address that has an account already. */
@Injectable()
export class TakenAddresses {
  constructor(
    @Inject(Throttles) private readonly throttles: Throttles,
    @Inject(Deliveries) private readonly deliveries: Deliveries,
    @Inject(AccountTransaction) private readonly transaction: AccountTransaction,
  ) {}

  /** Tells the address of the attempt, and gives the error for who made it. */
  async refusalOf(email: string): Promise<AppError> {
    await this.tell(email);
    return accountErrors.email_taken();
  }

  /** Tells the address of the attempt, once an hour at most: nobody may fill somebody else's mailbox by signing up. */
  async tell(email: string): Promise<void> {
    if ((await this.throttles.tryToClaim(limits.attemptedSignUp(email))) === 0)
      await this.transaction.run((db) =>
        this.deliveries.mail(db, { to: email, template: 'sign-up-attempted', data: {} }),
      );
  }
}
