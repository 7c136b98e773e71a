import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { ListOf, OneOf, Text, Uuid } from '../define/fields.js';
import { Nothing } from '../define/page.js';
import { ACCOUNT_PASSWORD_MAX } from './accounts.api.js';
import {
  LinkedIdentity,
  OIDC_CALLBACKS,
  OIDC_IDENTITIES_MAX,
  OIDC_PROVIDER_KEY,
  OidcLogInStarted,
} from './oidc.api.js';

export class LinkedIdentities {
  @ListOf(() => LinkedIdentity, { items: OIDC_IDENTITIES_MAX })
  identities!: LinkedIdentity[];
}

const PROOF = {
  min: 1,
  max: ACCOUNT_PASSWORD_MAX,
  optional: true,
  description: 'Proves that it is still you; needed when you logged in longer than ten minutes ago.',
};

/** Begins linking one more way to log in with the caller's account. */
export class StartIdentityLink {
  @Text({ max: 40, pattern: OIDC_PROVIDER_KEY, description: 'Key of the provider.' })
  provider!: string;

  @Text(PROOF)
  password?: string;

  @OneOf(OIDC_CALLBACKS, { optional: true, description: 'As in a log-in with the provider.' })
  callback?: string;

  @Text({ min: 43, max: 43, pattern: /^[A-Za-z0-9_-]{43}$/, optional: true })
  handle?: string;
}

export class IdentityRef {
  @Uuid()
  identityId!: string;
}

/** Takes one away again, from whoever shows that it is still them. */
export class EndIdentityLink extends IdentityRef {
  @Text(PROOF)
  password?: string;
}

export interface IdentitiesApi {
  list(ctx: Ctx, input: Nothing): Promise<LinkedIdentities>;
  startLink(ctx: Ctx, input: StartIdentityLink): Promise<OidcLogInStarted>;
  unlink(ctx: Ctx, input: IdentityRef): Promise<void>;
  endLink(ctx: Ctx, input: EndIdentityLink): Promise<void>;
}
export const identitiesApi = defineApi<IdentitiesApi>('identity.identities', {
  list: { input: Nothing, output: LinkedIdentities, can: 'signed-in', idempotent: true },
  startLink: { input: StartIdentityLink, output: OidcLogInStarted, can: 'signed-in', idempotent: true },
  unlink: { input: IdentityRef, can: 'signed-in' },
  endLink: { input: EndIdentityLink, can: 'signed-in' },
});
