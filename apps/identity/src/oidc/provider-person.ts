import { isEmail } from 'class-validator';

/** Whom a provider vouches for. */
export type ProviderPerson = {
  issuer: string;
  /** Never re-used by the issuer; with it the only key of an identity. */
  subject: string;
  email: string | null;
  /** Whether the provider has seen that the address is theirs, and may be believed about it. */
  emailVerified: boolean;
  firstName: string | null;
  lastName: string | null;
  /** Entra ID's names for the account and its directory: what its administrators know it by. */
  objectId: string | null;
  directoryId: string | null;
};

export type Claims = Readonly<Record<string, unknown>> & { iss: string; sub: string };

const MICROSOFT = 'https://login.microsoftonline.com';
const SUBJECT_MAX = 255;
const NAME_MAX = 100;
const EMAIL_MAX = 254;

/**
 * Reads verified claims. Undefined when they name nobody we could store: OpenID Connect Core 1.0 §2 bounds `sub` to 255 ASCII
 * characters.
 */
export function personOf(claims: Claims): ProviderPerson | undefined {
  const { iss, sub } = claims;
  if (iss.length > SUBJECT_MAX || !/^[\x20-\x7e]{1,255}$/.test(sub)) return undefined;
  const email = emailOf(claims['email']);
  return {
    issuer: iss,
    subject: sub,
    email,
    emailVerified: email !== null && isVerified(claims),
    firstName: textOf(claims['given_name'], NAME_MAX),
    lastName: textOf(claims['family_name'], NAME_MAX),
    objectId: textOf(claims['oid'], SUBJECT_MAX),
    directoryId: textOf(claims['tid'], SUBJECT_MAX),
  };
}

/**
 * Microsoft lets the administrator of any directory write any address into `email`; only `xms_edov` (e-mail domain owner
 * verified) says that the domain is theirs. Everybody else says `email_verified`.
 */
function isVerified({ iss, ...claims }: Claims): boolean {
  const { xms_edov, email_verified } = claims as Record<string, unknown>;
  // Documented as a boolean, seen as 1 and "1".
  if (new URL(iss).origin === MICROSOFT) return [true, 1, '1', 'true'].includes(xms_edov as never);
  return email_verified === true;
}

// The rule of every other way in which an address gets here: what it lets pass can be mailed to.
function emailOf(value: unknown): string | null {
  const text = textOf(value, EMAIL_MAX);
  return text !== null && isEmail(text) ? text : null;
}

// Names are for showing only; a longer one is cut rather than refused, an odd one is left out.
function textOf(value: unknown, max: number): string | null {
  if (typeof value !== 'string') return null;
  const text = value.trim();
  if (text === '' || text.includes('\0') || !text.isWellFormed()) return null;
  if (text.length <= max) return text;
  return max === NAME_MAX ? text.slice(0, max).toWellFormed() : null;
}
