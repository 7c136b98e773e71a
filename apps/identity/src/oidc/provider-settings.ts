import { inspect } from 'node:util';
import { OIDC_PROVIDER_KEY, OIDC_PROVIDERS_MAX } from '@leadwire/contracts';
import { EnvError, makeValidator } from '@leadwire/platform';

/** A secret of the configuration; printing, logging or serialising it by mistake shows nothing. */
export class Concealed {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toJSON(): string {
    return '[concealed]';
  }

  toString(): string {
    return '[concealed]';
  }

  [inspect.custom](): string {
    return '[concealed]';
  }
}

/** A provider as the operator registered this platform with it. */
export type ProviderSettings = Readonly<{
  key: string;
  label: string;
  issuer: string;
  clientId: string;
  /** Absent for a public client, which PKCE alone protects. */
  clientSecret?: Concealed;
  /** Separated by spaces. */
  scopes: string;
  /** What this provider wants beside the standard parameters of an authorization request. */
  parameters: Readonly<Record<string, string>>;
}>;

type Preset = Pick<ProviderSettings, 'issuer' | 'label' | 'scopes' | 'parameters'>;

const PRESETS: Readonly<Record<string, Preset>> = {
  google: {
    issuer: 'https://accounts.google.com',
    label: 'Google',
    scopes: 'openid email profile',
    // Google gives refresh tokens for this parameter instead of the scope offline_access.
    parameters: { access_type: 'offline' },
  },
  microsoft: {
    issuer: 'https://login.microsoftonline.com/common/v2.0',
    label: 'Microsoft',
    scopes: 'openid email profile offline_access',
    parameters: {},
  },
};
const FIELDS = new Set(['key', 'issuer', 'clientId', 'clientSecret', 'label', 'scopes']);
const TEXT_MAX = 500;
const LABEL_MAX = 60;
const ISSUER_MAX = 255;

/** The list of `OIDC_PROVIDERS`; its messages name entries and fields, never values, since one of them is a secret. */
export const providerList = makeValidator<readonly ProviderSettings[]>((input: string) => {
  const entries = parsed(input);
  if (!Array.isArray(entries) || entries.length > OIDC_PROVIDERS_MAX)
    throw new EnvError(`must be a JSON list of at most ${OIDC_PROVIDERS_MAX} providers`);
  const providers = entries.map(readProvider);
  for (const field of ['key', 'issuer'] as const) {
    if (new Set(providers.map((provider) => provider[field])).size < providers.length)
      throw new EnvError(`names one ${field} twice`);
  }
  return providers;
});

function parsed(input: string): unknown {
  try {
    return JSON.parse(input) as unknown;
  } catch {
    throw new EnvError('must be JSON');
  }
}

function readProvider(entry: unknown, index: number): ProviderSettings {
  const place = `entry ${index + 1}`;
  if (typeof entry !== 'object' || entry === null) throw new EnvError(`${place} must be an object`);
  const stranger = Object.keys(entry).find((name) => !FIELDS.has(name));
  if (stranger !== undefined) throw new EnvError(`${place} has an unknown field`);
  const given = entry as Record<string, unknown>;
  const text = (field: string, fallback?: string, max = TEXT_MAX): string => {
    const value = given[field] ?? fallback;
    if (typeof value !== 'string' || value === '' || value.length > max)
      throw new EnvError(`${place}: ${field} must be a text of at most ${max} characters`);
    return value;
  };
  const key = text('key');
  if (!OIDC_PROVIDER_KEY.test(key))
    throw new EnvError(`${place}: key must be lower-case letters, digits and -`);
  const preset = PRESETS[key];
  const secret = given['clientSecret'] === undefined ? undefined : new Concealed(text('clientSecret'));
  const scopes = text('scopes', preset?.scopes ?? 'openid email profile');
  if (!scopes.split(' ').includes('openid')) throw new EnvError(`${place}: scopes must include openid`);
  return {
    key,
    label: text('label', preset?.label ?? key, LABEL_MAX),
    issuer: issuerOf(text('issuer', preset?.issuer, ISSUER_MAX), place),
    clientId: text('clientId'),
    ...(secret ? { clientSecret: secret } : {}),
    scopes,
    parameters: preset?.parameters ?? {},
  };
}

// OpenID Connect Discovery 1.0 §3: no query, no fragment. Whether http will do, the outbound guard decides.
function issuerOf(issuer: string, place: string): string {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  const fits = url && /^https?:$/.test(url.protocol) && !url.search && !url.hash && !url.username;
  if (!fits) throw new EnvError(`${place}: issuer must be an https address without query or fragment`);
  return issuer;
}
