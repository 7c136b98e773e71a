import type { Backoff, CrashReport } from '../infra/supervised.ts';
import type { AppSpec } from './apps.ts';

export type PlatformOptions = {
  /** All state of the instance; made when it is missing. One running platform per folder. */
  dataDir: string;
  /** An admin URL to use instead of an embedded Postgres. */
  databaseUrl?: string;
  /** A NATS server with JetStream to use instead of one of our own. */
  natsUrl?: string;
  /** First choices by name (`gateway`, `leads`, `smtp`, `postgres`, `nats`, …); without one, a random free port. */
  preferredPorts?: Record<string, number>;
  /** Prints nothing. */
  quiet?: boolean;
  /** Processes of every app that may run more than once. */
  replicas?: number;
  /** Postgres without durability: for instances that are thrown away. */
  fast?: boolean;
  /** Compiles first (cached). Leave it out when the caller knows that `dist/` is fresh. */
  build?: boolean;
  /** Variables for every app, over those it gets anyway. */
  env?: NodeJS.ProcessEnv;
  /** Which apps; all by default. */
  apps?: AppSpec[];
  backoff?: Backoff;
  onCrash?: (report: CrashReport) => void;
};
