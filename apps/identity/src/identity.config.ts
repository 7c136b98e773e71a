import { databaseConfig, key32, processConfig, type ConfigOf } from '@leadwire/platform';

export const identityConfig = {
  ...processConfig,
  ...databaseConfig,
  KEY_ENCRYPTION_KEY: key32({
    desc: 'Seals the private keys that sign access tokens. Base64 of 32 bytes. Secret; losing it loses them.',
  }),
};
export type IdentityConfig = ConfigOf<typeof identityConfig>;
