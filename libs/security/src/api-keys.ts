import { hash, randomBytes, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** `lw_live_<8 prefix>_<43 secret><6 checksum>`: what secret scanners look for, and what tells garbage from a key unasked. */
const API_KEY = /^lw_live_([0-9a-z]{8})_[\w-]{43}([0-9A-Za-z]{6})$/;
const SCHEME = 'lw_live_';
const PREFIX_LENGTH = 8;
const SECRET_BYTES = 32;
const CHECKSUM_LENGTH = 6;
const BASE36 = '0123456789abcdefghijklmnopqrstuvwxyz';
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export type NewApiKey = {
  /** What its owner is shown once. */
  text: string;
  /** Public name of the key, unique among all. */
  prefix: string;
  /** SHA-256 of the text. It has 256 random bits, so a fast hash is enough: there is nothing to guess. */
  hash: Buffer;
};

/** A new API key: 256 random bits under a random name. */
export function newApiKey(): NewApiKey {
  const prefix = Array.from({ length: PREFIX_LENGTH }, () => BASE36[randomInt(BASE36.length)]).join('');
  const body = `${SCHEME}${prefix}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  const text = `${body}${checksumOf(body)}`;
  return { text, prefix, hash: hash('sha256', text, 'buffer') };
}

/** Whether a bearer token means to be an API key; an access token never looks like one. */
export function looksLikeApiKey(token: string): boolean {
  return token.startsWith(SCHEME);
}

/** The prefix of a well-formed key whose checksum is right; undefined for everything else. */
export function prefixOfApiKey(text: string): string | undefined {
  const [, prefix, checksum] = API_KEY.exec(text) ?? [];
  return checksum === checksumOf(text.slice(0, -CHECKSUM_LENGTH)) ? prefix : undefined;
}

/** What identifies a key without being it: SHA-256 of its text, base64url. */
export function digestOfApiKey(text: string): string {
  return hash('sha256', text, 'base64url');
}

// CRC-32 in base 62, as in other vendors' tokens: it finds typing errors and lets scanners drop look-alikes; it protects nothing.
function checksumOf(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i++, rest = Math.floor(rest / BASE62.length))
    text = `${BASE62[rest % BASE62.length]}${text}`;
  return text;
}
