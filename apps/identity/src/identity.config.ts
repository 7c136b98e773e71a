import { databaseConfig, key32, processConfig, smtpUrl, str, url, type ConfigOf } from '@leadwire/platform';

export const identityConfig = {
  ...processConfig,
  ...databaseConfig,
  KEY_ENCRYPTION_KEY: key32({
    desc: 'Seals the private keys that sign access tokens, and mails that wait. Base64 of 32 bytes. Secret; losing it loses them.',
  }),
  OBJECT_STORAGE_DIR: str({ desc: 'Folder shared with the gateway: pictures of people are kept here.' }),
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
};
export type IdentityConfig = ConfigOf<typeof identityConfig>;
