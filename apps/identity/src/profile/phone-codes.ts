import { Inject, Injectable } from '@nestjs/common';
import { accountErrors } from '@leadwire/contracts';
import type { TenantDb, SqlExecutor } from '@leadwire/persistence';
import { OneTimeTokens, type RedeemedCode } from '../accounts/one-time-tokens.js';
import { Deliveries } from '../delivery/deliveries.js';
import { SmsProvider } from '../delivery/sms-provider.js';
import { VERIFY_PHONE } from './profile.queries.js';

const VERIFY_PHONE_CODE = 'verify-phone';
const CODE_VALID_MS = 10 * 60_000;

/** Proof that a person reads the texts to their number. */
@Injectable()
export class PhoneCodes {
  constructor(
    @Inject(OneTimeTokens) private readonly tokens: OneTimeTokens,
    @Inject(Deliveries) private readonly deliveries: Deliveries,
    @Inject(SmsProvider) private readonly texts: SmsProvider,
  ) {}

  /** @throws AppError `account.phone_codes_off` when nobody can send texts */
  requireTexts(): void {
    if (!this.texts.configured) throw accountErrors.phone_codes_off();
  }

  /** Texts a code in place of those sent before. */
  async send(db: SqlExecutor, userId: string, phone: string): Promise<void> {
    const order = { purpose: VERIFY_PHONE_CODE, userId, data: { phone }, ttlMs: CODE_VALID_MS };
    const code = await this.tokens.issueCode(db, order);
    const text = `${code} is your Leadwire code. It works for ten minutes. Nobody from Leadwire will ask you for it.`;
    await this.deliveries.sms(db, { to: phone, text, template: 'phone-code', validForMs: CODE_VALID_MS });
  }

  /** Codes for another number are worth nothing. */
  async revoke(db: SqlExecutor, userId: string): Promise<void> {
    await this.tokens.revoke(db, userId, VERIFY_PHONE_CODE);
  }

  /** Tries a code; the caller commits, and fails the request afterwards. */
  async confirm(db: TenantDb, userId: string, code: string): Promise<RedeemedCode> {
    const redeemed = await this.tokens.redeemCode(db, VERIFY_PHONE_CODE, userId, code);
    if (redeemed.outcome !== 'right') return redeemed;
    const verified = await db.execute(VERIFY_PHONE, [userId, redeemed.data['phone']]);
    return verified > 0 ? redeemed : { outcome: 'none' };
  }
}
