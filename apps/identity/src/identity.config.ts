import {
  bool,
  databaseConfig,
  key32,
  num,
  processConfig,
  smtpUrl,
  str,
  url,
  type ConfigOf,
} from '@leadwire/platform';
import { providerList } from './oidc/provider-settings.js';

export const identityConfig = {
  ...processConfig,
  ...databaseConfig,
  KEY_ENCRYPTION_KEY: key32({
    desc: 'Seals the private keys that sign access tokens, and mails that wait. Base64 of 32 bytes. Secret; losing it loses them.',
  }),
  KEY_ROTATION_DAYS: num({
    default: 30,
    desc: 'Age in days at which the key that signs access tokens gives way to the next one.',
  }),
  OBJECT_STORAGE_DIR: str({
    desc: 'Folder shared with gateway and billing: pictures of people are kept here, and invoices that mails bring along.',
  }),
  APP_URL: url({
    desc: 'Where people open Leadwire in a browser; links in mails begin with it.',
    example: 'https://app.example.com',
  }),
  MAIL_SMTP_URL: smtpUrl({
    desc: "Mail server for the platform's own mails. Secret where it holds a password. `?ignoreTLS=true` allows a server without TLS.",
    example: 'smtp://user:password@smtp.example.com:587',
  }),
  MAIL_FROM: str({
    desc: "Sender of the platform's own mails.",
    example: 'Leadwire <no-reply@example.com>',
  }),
  BREACHED_PASSWORDS_URL: str({
    default: '',
    desc: 'Base address of the Pwned Passwords range API or a copy of it; empty: new passwords are held against the shipped list only.',
    example: 'https://api.pwnedpasswords.com',
  }),
  SIGN_UP_AT_ONCE: bool({
    default: false,
    desc: 'Whether a team can sign up without a mailed link: nothing to wait for, but it tells whoever asks that an address has an account (ADR 11).',
  }),
  CLOSED_TENANTS_KEPT_DAYS: num({
    default: 30,
    desc: 'Days in which an owner can restore a closed team; then its data is erased. May be a fraction.',
  }),
  SMS_API_URL: str({
    default: '',
    desc: 'Base address of a service that speaks the Twilio Messages API; empty: phone numbers cannot be verified.',
    example: 'https://api.twilio.com',
  }),
  SMS_ACCOUNT: str({ default: '', desc: 'Account SID at the SMS service.' }),
  SMS_TOKEN: str({ default: '', desc: 'Auth token at the SMS service. Secret.' }),
  SMS_FROM: str({
    default: '',
    desc: 'Number or sender name that texts come from.',
    example: '+15005550006',
  }),
  OIDC_PROVIDERS: providerList({
    default: [],
    desc: 'Providers that people may log in with: a JSON list of `{ key, issuer, clientId, clientSecret, label, scopes }`. The keys `google` and `microsoft` need only `clientId` and `clientSecret`. Secret.',
    example: '[{ "key": "google", "clientId": "…", "clientSecret": "…" }]',
  }),
  OIDC_TIMEOUT_MS: num({
    default: 2_500,
    desc: 'How long a provider may take for one answer; a log-in needs up to four.',
  }),
  OUTBOUND_ALLOW_PRIVATE: bool({
    default: false,
    desc: 'Whether providers may have loopback and private addresses and speak plain http: development and tests only.',
  }),
  API_URL: url({
    default: 'http://localhost:3000',
    desc: 'Where browsers reach the gateway; providers send them back to addresses below it.',
    example: 'https://api.example.com',
  }),
};
export type IdentityConfig = ConfigOf<typeof identityConfig>;
