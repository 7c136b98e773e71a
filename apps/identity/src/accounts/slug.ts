import { randomBytes } from 'node:crypto';
import { TENANT_SLUG_MAX } from '@leadwire/contracts';

const SUFFIX_BYTES = 4;
/** `-` and the suffix in hexadecimal. */
const SUFFIX_LENGTH = 1 + SUFFIX_BYTES * 2;
const NAMELESS = 'team';

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
