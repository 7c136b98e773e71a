import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { Email, Text } from '../define/fields.js';
import {
  ACCOUNT_NAME_MAX,
  ACCOUNT_PASSWORD_MAX,
  ACCOUNT_PASSWORD_MIN,
  SessionTokens,
} from './accounts.api.js';
import { LinkToken } from './emails.api.js';
import { TENANT_NAME_MAX } from './tenants.api.js';

/** Asks for a link to sign up with. */
export class RequestSignUpLink {
  @Email({ description: 'Where the link is sent, and what the account will be found by.' })
  email!: string;
}

/** Makes a team and the account of its owner, for the address that the link was mailed to: the token shows that it is theirs. */
export class SignUpWithLink extends LinkToken {
  @Text({ min: 1, max: TENANT_NAME_MAX, pattern: /\S/, description: 'Name of the team.' })
  tenantName!: string;

  @Text({
    min: ACCOUNT_PASSWORD_MIN,
    max: ACCOUNT_PASSWORD_MAX,
    description: 'Any characters; length is what counts. Common and breached ones are refused.',
  })
  password!: string;

  @Text({ min: 1, max: ACCOUNT_NAME_MAX, optional: true })
  firstName?: string;

  @Text({ min: 1, max: ACCOUNT_NAME_MAX, optional: true })
  lastName?: string;
}

/** Sign-up that tells nobody who has an account: all that it says is said to the mailbox. */
export interface SignUpLinksApi {
  request(ctx: Ctx, input: RequestSignUpLink): Promise<void>;
  confirm(ctx: Ctx, input: SignUpWithLink): Promise<SessionTokens>;
}
export const signUpLinksApi = defineApi<SignUpLinksApi>('identity.sign-up-links', {
  request: { input: RequestSignUpLink, can: 'public' },
  confirm: { input: SignUpWithLink, output: SessionTokens, can: 'public' },
});
