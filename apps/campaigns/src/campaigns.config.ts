import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bool, databaseConfig, key32, num, processConfig, str, type ConfigOf } from '@leadwire/platform';

export const campaignsConfig = {
  ...processConfig,
  ...databaseConfig,
  KEY_ENCRYPTION_KEY: key32({
    desc: "Wraps the tenants' data keys. Base64 of 32 bytes. Secret; without it no sealed password opens.",
  }),
  OUTBOUND_ALLOW_PRIVATE: bool({
    default: false,
    desc: 'Whether mail servers may have loopback and private addresses: development and sandbox only.',
  }),
  SEND_JOURNAL_DIR: str({
    default: join(tmpdir(), 'leadwire-campaigns-journal'),
    desc: 'Folder of the send journal; it must outlive the process, and replicas on one machine share it.',
  }),
  SMTP_CONNECTIONS_MAX: num({
    default: 8,
    desc: 'Connections to the mail server of one account, per process.',
  }),
  SMTP_RETRY_SECONDS: str({
    default: '60,300,900,3600',
    desc: 'Waits before a mail is tried again that its server put off (4xx); after the last one its enrolment fails.',
  }),
  SMTP_ACCOUNT_BACKOFF_SECONDS: str({
    default: '1,5,15,60,300,900',
    desc: 'Waits after an account could not connect, could not log in or was told to come back; after the last one it is paused.',
  }),
};
export type CampaignsConfig = ConfigOf<typeof campaignsConfig>;

/** Reads `60,300` as numbers of milliseconds. @throws Error naming the variable */
export function secondsList(name: string, text: string): number[] {
  const values = text.split(',').map((part) => Number(part.trim()) * 1000);
  if (values.length === 0 || values.some((ms) => !Number.isFinite(ms) || ms < 0))
    throw new Error(`${name} is a list of seconds, not ${text}.`);
  return values;
}
