import { inspect } from 'node:util';
import { readConfig } from '@leadwire/platform';
import { providerList } from './provider-settings.js';

const SECRET = 'do not print me';
const spec = { OIDC_PROVIDERS: providerList({ default: [], desc: 'Providers.' }) };
const read = (value: unknown) =>
  readConfig(spec, { OIDC_PROVIDERS: typeof value === 'string' ? value : JSON.stringify(value) })
    .OIDC_PROVIDERS;
const client = { clientId: 'us', clientSecret: SECRET };

describe('OIDC_PROVIDERS', () => {
  it('is empty unless told', () => expect(readConfig(spec, {}).OIDC_PROVIDERS).toEqual([]));

  it('knows where Google and Microsoft are', () => {
    expect(
      read([
        { key: 'google', ...client },
        { key: 'microsoft', ...client },
      ]),
    ).toMatchObject([
      { label: 'Google', issuer: 'https://accounts.google.com', parameters: { access_type: 'offline' } },
      {
        label: 'Microsoft',
        issuer: 'https://login.microsoftonline.com/common/v2.0',
        scopes: 'openid email profile offline_access',
      },
    ]);
  });

  it('takes any other issuer, and a client without a secret', () => {
    expect(
      read([{ key: 'okta-eu', issuer: 'https://id.example.com/x', clientId: 'us', label: 'Okta' }]),
    ).toEqual([
      {
        key: 'okta-eu',
        label: 'Okta',
        issuer: 'https://id.example.com/x',
        clientId: 'us',
        scopes: 'openid email profile',
        parameters: {},
      },
    ]);
  });

  it('shows its secrets to nobody who prints it', () => {
    const [provider] = read([{ key: 'google', ...client }]);
    for (const printed of [
      JSON.stringify(provider),
      inspect(provider, { depth: 9 }),
      `${provider?.clientSecret}`,
    ])
      expect(printed).not.toContain(SECRET);
    expect(provider?.clientSecret?.reveal()).toBe(SECRET);
  });

  it.each<[string, unknown]>([
    ['must be JSON', 'google'],
    ['must be a JSON list', { key: 'google' }],
    ['entry 1 must be an object', ['google']],
    ['entry 1 has an unknown field', [{ key: 'google', ...client, secret: SECRET }]],
    ['entry 1: key must be', [{ key: 'Google!', ...client }]],
    ['entry 1: clientId must be', [{ key: 'google' }]],
    ['entry 1: clientSecret must be', [{ key: 'google', clientId: 'us', clientSecret: 7 }]],
    ['entry 1: issuer must be', [{ key: 'other', ...client }]],
    ['entry 1: issuer must be an https address', [{ key: 'other', issuer: 'nowhere', ...client }]],
    ['entry 1: issuer must be an https address', [{ key: 'other', issuer: 'https://a.test/?x', ...client }]],
    ['entry 1: scopes must include openid', [{ key: 'google', scopes: 'email', ...client }]],
    [
      'names one key twice',
      [
        { key: 'google', ...client },
        { key: 'google', issuer: 'https://a.test', ...client },
      ],
    ],
    [
      'names one issuer twice',
      [
        { key: 'google', ...client },
        { key: 'g', issuer: 'https://accounts.google.com', ...client },
      ],
    ],
    [
      'at most 20',
      Array.from({ length: 21 }, (_, i) => ({ key: `p${i}`, issuer: `https://p${i}.test`, ...client })),
    ],
  ])('says %s, and nothing secret', (message, value) => {
    let said = '';
    try {
      read(value);
    } catch (error) {
      said = String(error);
    }
    expect(said).toContain(message);
    expect(said).not.toContain(SECRET);
  });
});
