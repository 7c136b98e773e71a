import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';
import { requestErrors, type Actor, type Ctx } from '@leadwire/kernel';

/** The part of a Ctx that must not be forged. Request id, trace and deadline travel beside it, unsigned. */
export type CtxIdentity = Pick<
  Ctx,
  'tenantId' | 'userId' | 'sessionId' | 'capabilities' | 'actor' | 'clientIp' | 'userAgent'
>;

type Claims = {
  iss: string;
  exp: number;
  t: string;
  u: string | null;
  s: string | null;
  a: Actor;
  c: string[];
  /** Client address, and what it calls itself. */
  i?: string;
  g?: string;
};

/** How long one signature may be presented: covers a request and its hops, and lets a session's signature be reused. */
const SIGNATURE_TTL_MS = 120_000;
const SIGNATURE_REUSE_MS = 60_000;
const CACHE_ENTRIES_MAX = 10_000;
const KEY_BYTES_MIN = 32;

/** Signs the identity of a Ctx for other services, with this process's own key. */
export class CtxSigner {
  private readonly cache = new Map<string, { token: string; freshUntil: number }>();
  private readonly capabilityIds = new WeakMap<ReadonlySet<string>, number>();
  private nextCapabilityId = 0;

  private readonly key: KeyObject;

  constructor(
    private readonly issuer: string,
    key: Buffer,
  ) {
    if (key.length < KEY_BYTES_MIN) throw new Error(`A context key has at least ${KEY_BYTES_MIN} bytes.`);
    this.key = createSecretKey(key);
  }

  /** The header value that proves `identity`; reused for a minute, since one session sends many requests. */
  sign(identity: CtxIdentity, now = Date.now()): string {
    const { tenantId, userId, sessionId, actor, capabilities, clientIp, userAgent } = identity;
    // The client's own words come last, so that nothing in them can pass for another field.
    const cacheKey = `${tenantId}|${userId}|${sessionId}|${actor}|${this.idOf(capabilities)}|${clientIp}|${userAgent}`;
    const known = this.cache.get(cacheKey);
    if (known && known.freshUntil > now) return known.token;
    const claims: Claims = {
      iss: this.issuer,
      exp: now + SIGNATURE_TTL_MS,
      t: tenantId,
      u: userId,
      s: sessionId,
      a: actor,
      c: [...capabilities],
      ...(clientIp ? { i: clientIp } : {}),
      ...(userAgent ? { g: userAgent } : {}),
    };
    const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
    const token = `${body}.${mac(this.key, body).toString('base64url')}`;
    if (this.cache.size >= CACHE_ENTRIES_MAX) this.cache.clear();
    this.cache.set(cacheKey, { token, freshUntil: now + SIGNATURE_REUSE_MS });
    return token;
  }

  // Sets are compared by identity: a caller that keeps one set per role pays nothing for the comparison.
  private idOf(capabilities: ReadonlySet<string>): number {
    let id = this.capabilityIds.get(capabilities);
    if (id === undefined) this.capabilityIds.set(capabilities, (id = this.nextCapabilityId++));
    return id;
  }
}

/** Verifies what a {@link CtxSigner} of a trusted caller signed. */
export class CtxVerifier {
  private readonly cache = new Map<string, { identity: CtxIdentity; exp: number }>();
  private readonly trusted: ReadonlyMap<string, KeyObject>;

  /** @param trusted the callers' names and keys; a name that is not in it is refused. */
  constructor(trusted: ReadonlyMap<string, Buffer>) {
    this.trusted = new Map([...trusted].map(([caller, key]) => [caller, createSecretKey(key)]));
  }

  /** @throws AppError `request.unauthenticated` when the signature is missing, forged, expired or of an unknown caller. */
  verify(token: string | undefined, now = Date.now()): CtxIdentity {
    const known = token ? this.cache.get(token) : undefined;
    if (known && known.exp > now) return known.identity;
    const { identity, exp } = this.check(token, now);
    if (this.cache.size >= CACHE_ENTRIES_MAX) this.cache.clear();
    this.cache.set(token as string, { identity, exp });
    return identity;
  }

  private check(token: string | undefined, now: number): { identity: CtxIdentity; exp: number } {
    const [body, signature, ...rest] = (token ?? '').split('.');
    if (!body || !signature || rest.length > 0) throw refuse('context header missing or malformed');
    const claims = parseClaims(body);
    const key = claims && this.trusted.get(claims.iss);
    if (!claims || !key) throw refuse('context of an unknown caller');
    const given = Buffer.from(signature, 'base64url');
    const expected = mac(key, body);
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      throw refuse('context signature is forged');
    if (!(claims.exp > now)) throw refuse('context signature has expired');
    return {
      exp: claims.exp,
      identity: {
        tenantId: claims.t,
        userId: claims.u,
        sessionId: claims.s,
        actor: claims.a,
        capabilities: new Set(claims.c),
        ...(claims.i ? { clientIp: claims.i } : {}),
        ...(claims.g ? { userAgent: claims.g } : {}),
      },
    };
  }
}

// A key object is made once; from bytes Node would make one each time, which takes three times as long as the rest.
function mac(key: KeyObject, body: string): Buffer {
  return createHmac('sha256', key).update(body).digest();
}

function parseClaims(body: string): Claims | undefined {
  try {
    return JSON.parse(Buffer.from(body, 'base64url').toString()) as Claims;
  } catch {
    return undefined;
  }
}

const refuse = (internal: string) => requestErrors.unauthenticated({ internal });

/** Reads `gateway:<base64>,campaigns:<base64>` into a map of keys. */
export function parseTrustedKeys(text: string): ReadonlyMap<string, Buffer> {
  return new Map(
    text
      .split(',')
      .filter(Boolean)
      .map((entry) => {
        const at = entry.indexOf(':');
        return [entry.slice(0, at), Buffer.from(entry.slice(at + 1), 'base64')] as const;
      }),
  );
}
