import { setTimeout as sleep } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { TenantErasures, type KeptTables } from '@leadwire/persistence';
import { LOGGER, type Logger } from './logging.js';

const POLL_MS = 2_000;
const TROUBLE_PAUSE_MS = 10_000;

/** What a service has of a tenant beyond the rows of tables with a `tenant_id`, and what it must keep. */
export abstract class TenantRemains {
  /** Tables that keep their rows, and why. */
  readonly kept: KeptTables = {};
  /** Before the rows go: what can only be found through them. Safe to run twice. */
  before(_tenantId: string): Promise<void> {
    return Promise.resolve();
  }
  /** After the rows went: files, other tables. Safe to run twice. */
  after(_tenantId: string): Promise<void> {
    return Promise.resolve();
  }
}

/** A service whose data of a tenant is all in tables with a `tenant_id`. */
export class NothingElse extends TenantRemains {}

/** Erases the tenants that were noted for it, one after the other, in the background; see {@link TenantErasures}. */
@Injectable()
export class TenantEraser implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    @Inject(TenantErasures) private readonly erasures: TenantErasures,
    @Inject(TenantRemains) private readonly remains: TenantRemains,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.loop();
  }

  /** Before the database goes; what is left goes on in another process, or after the next start. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async loop(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      let pauseMs = POLL_MS;
      try {
        if (await this.eraseNext()) pauseMs = 0;
      } catch (err) {
        this.logger.warn({ err }, 'a tenant could not be erased now');
        pauseMs = TROUBLE_PAUSE_MS;
      }
      if (pauseMs > 0) await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private async eraseNext(): Promise<boolean> {
    const tenantId = await this.erasures.claim();
    if (tenantId === undefined) return false;
    await this.remains.before(tenantId);
    const erased = await this.erasures.erase(tenantId, this.remains.kept, this.stopping.signal);
    if (erased) await this.remains.after(tenantId);
    await this.erasures.settle(tenantId, erased);
    if (erased) this.logger.info({ tenantId }, 'the tenant’s data is erased here');
    return true;
  }
}

/** What a service provides so that erased tenants leave it: the eraser, and what it has of them beyond its tables. */
export const tenantErasure = (remains: new (...args: never[]) => TenantRemains = NothingElse) => [
  TenantEraser,
  { provide: TenantRemains, useClass: remains },
];
