import { databaseConfig, processConfig, str, type ConfigOf } from '@leadwire/platform';

/** Everything that the leads service reads from its environment. */
export const leadsConfig = {
  ...processConfig,
  ...databaseConfig,
  OBJECT_STORAGE_DIR: str({
    desc: 'Folder shared with the gateway: uploaded files and the results of imports.',
  }),
};
export type LeadsConfig = ConfigOf<typeof leadsConfig>;
