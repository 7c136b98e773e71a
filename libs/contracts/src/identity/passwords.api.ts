import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Email, Text } from '../define/fields.js';
import { ACCOUNT_PASSWORD_MAX, ACCOUNT_PASSWORD_MIN } from './accounts.api.js';
import { LinkToken } from './emails.api.js';

const NEW_PASSWORD = {
  min: ACCOUNT_PASSWORD_MIN,
  max: ACCOUNT_PASSWORD_MAX,
  description: 'Any characters; length is what counts. Common and breached ones are refused.',
};

export class ChangePassword {
  @Text({ min: 1, max: ACCOUNT_PASSWORD_MAX })
  currentPassword!: string;

  @Text(NEW_PASSWORD)
  password!: string;
}

export class RequestPasswordReset {
  @Email()
  email!: string;
}

export class ResetPassword extends LinkToken {
  @Text(NEW_PASSWORD)
  password!: string;
}

export interface PasswordsApi {
  change(ctx: Ctx, input: ChangePassword): Promise<void>;
  requestReset(ctx: Ctx, input: RequestPasswordReset): Promise<void>;
  reset(ctx: Ctx, input: ResetPassword): Promise<void>;
}
export const passwordsApi = defineApi<PasswordsApi>('identity.passwords', {
  change: { input: ChangePassword, can: 'signed-in' },
  requestReset: { input: RequestPasswordReset, can: 'public' },
  reset: { input: ResetPassword, can: 'public' },
});
