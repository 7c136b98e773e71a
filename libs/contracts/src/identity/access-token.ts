import type { Role } from '../capabilities.js';

/** What issuer (identity) and verifiers (the gateway) of an access token agree on: a JWT by RFC 9068, verified by JWKS. */
export const ACCESS_TOKEN = {
  issuer: 'leadwire',
  audience: 'leadwire-api',
  /** EdDSA over Ed25519 (RFC 8037). Verifiers accept nothing else. */
  algorithm: 'EdDSA',
  type: 'at+jwt',
  ttlSeconds: 300,
} as const;

/** Claims beside the registered `iss`, `aud`, `iat` and `exp`. */
export type AccessTokenClaims = {
  /** User. */
  sub: string;
  /** Session. */
  sid: string;
  /** Tenant. */
  tid: string;
  /** The user's role in that tenant; its capabilities are ROLE_CAPABILITIES of it. */
  role: Role;
};
