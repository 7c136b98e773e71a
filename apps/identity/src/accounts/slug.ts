import { randomBytes } from 'node:crypto';
import { TENANT_SLUG_MAX } from '@leadwire/contracts';

const SUFFIX_BYTES = 4;
/** `-` and the suffix in hexadecimal. */
const SUFFIX_LENGTH = 1 + SUFFIX_BYTES * 2;
const NAMELESS = 'team';
/** Names that an address of ours, or a trick on its readers, could need. */
const RESERVED = new Set(
  `about abuse account accounts admin administrator api app apps assets auth billing blog careers cdn console dashboard dev docs
   download email files ftp graphql help hostmaster id identity imap internal invitations invite jobs leadwire legal localhost login
   log-in logout mail me media new news noreply no-reply ns1 ns2 oauth oidc operator operators owner payments pop postmaster press
   pricing privacy public root sandbox scim security settings shop sign-in signin sign-up signup smtp sso staff static status store
   support system team-settings tenant tenants terms test undefined user users webhooks webmaster well-known ws www null`.split(
    /\s+/,
  ),
);

/** Whether no team may be called so. */
export function isReserved(slug: string): boolean {
  return RESERVED.has(slug);
}

/** A tenant's name as it may stand in an address: `Müller & Söhne GmbH` → `muller-sohne-gmbh`. */
export function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, TENANT_SLUG_MAX - SUFFIX_LENGTH)
    .replaceAll(/^-+|-+$/g, '');
  return slug || NAMELESS;
}

/** The same slug told apart from one that is taken. */
export function withSuffix(slug: string): string {
  return `${slug}-${randomBytes(SUFFIX_BYTES).toString('hex')}`;
}
