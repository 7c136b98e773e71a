import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Bool, Email, Text } from '../define/fields.js';
import { Nothing } from '../define/page.js';
import { ACCOUNT_PASSWORD_MAX } from './accounts.api.js';

/** Tokens of links are 43 characters; nothing much longer is looked up. */
export const LINK_TOKEN_MAX = 64;

/** The token of a link that was mailed. */
export class LinkToken {
  @Text({ min: 1, max: LINK_TOKEN_MAX, description: 'What stands behind `#token=` in the link.' })
  token!: string;
}

export class RequestEmailChange {
  @Email()
  email!: string;

  @Text({ min: 1, max: ACCOUNT_PASSWORD_MAX, description: 'The password of the account, once more.' })
  password!: string;
}

/** How far a change of address is. */
export class EmailChangeState {
  @Bool({ description: 'False while the other address still has to confirm.' })
  completed!: boolean;
}

export interface EmailsApi {
  sendVerification(ctx: Ctx, input: Nothing): Promise<void>;
  verify(ctx: Ctx, input: LinkToken): Promise<void>;
  requestChange(ctx: Ctx, input: RequestEmailChange): Promise<void>;
  cancelChange(ctx: Ctx, input: Nothing): Promise<void>;
  confirmChange(ctx: Ctx, input: LinkToken): Promise<EmailChangeState>;
}
export const emailsApi = defineApi<EmailsApi>('identity.emails', {
  sendVerification: { input: Nothing, can: 'signed-in' },
  verify: { input: LinkToken, can: 'public' },
  requestChange: { input: RequestEmailChange, can: 'signed-in' },
  cancelChange: { input: Nothing, can: 'signed-in' },
  confirmChange: { input: LinkToken, output: EmailChangeState, can: 'public' },
});
