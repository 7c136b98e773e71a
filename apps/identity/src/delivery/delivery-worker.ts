import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '@leadwire/kernel';
import { Metrics, Rounds } from '@leadwire/platform';
import { AccountTransaction } from '../accounts/account-transaction.js';
import { Deliveries, type Mail, type Sms } from './deliveries.js';
import {
  CLAIM_DELIVERIES,
  GIVE_UP_HOPELESS,
  PUT_OFF_DELIVERY,
  SETTLE_DELIVERY,
  SWEEP_DELIVERIES,
} from './deliveries.queries.js';
import { MailTransport } from './mail-transport.js';
import { DeliveryRefused } from './refusal.js';
import { SmsProvider } from './sms-provider.js';

const SECOND_MS = 1_000;
/** Deliveries under way at once. */
const BATCH = 5;
/** Most commits follow their queueing within this time. */
const COMMIT_TAKES_MS = 20;
/** How long one try may take; far less than the lease, so that nobody else starts what is still under way. */
const TRY_DEADLINE_MS = 30 * SECOND_MS;
const LEASE_MS = 120 * SECOND_MS;
/** Starts without an end: the first, and one more for whoever was killed in between. */
const STARTS_MAX = 2;
/** Waits after a failed try; after the last one it is given up. */
const WAITS_MS = [5, 30, 120, 600, 3_600, 14_400].map((seconds) => seconds * SECOND_MS);
const SETTLED_KEPT_MS = 7 * 86_400 * SECOND_MS;
const SWEEP_ROWS = 500;

type Claimed = { id: string; channel: string; template: string; payload: string; attempts: number };
type Handler = (payload: never, id: string) => Promise<void>;

/**
 * Does what {@link Deliveries} has queued. Any number of replicas may run it: each row is taken by one. What fails is tried again
 * with growing waits; what is refused, too old or fails too often is given up, with a line in the log and a figure.
 */
@Injectable()
export class DeliveryWorker extends Rounds {
  protected readonly everyMs = SECOND_MS;
  protected readonly trouble = 'deliveries could not be read';
  private readonly handlers = new Map<string, Handler>();
  private readonly outcomes;

  constructor(
    @Inject(AccountTransaction) private readonly transaction: AccountTransaction,
    @Inject(Deliveries) private readonly deliveries: Deliveries,
    @Inject(MailTransport) mails: MailTransport,
    @Inject(SmsProvider) texts: SmsProvider,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(Metrics) metrics: Metrics,
  ) {
    super();
    this.handle('mail', (mail: Mail, id) => mails.send(id, mail));
    this.handle('sms', (sms: Sms) => texts.send(sms));
    this.outcomes = metrics.counter(
      'leadwire_deliveries_total',
      'Mails, texts and follow-ups, by how it went.',
      ['channel', 'outcome'],
    );
  }

  /** Says what to do with the deliveries of a channel. It may happen twice, so it must be safe to repeat. */
  handle<P>(channel: string, handler: (payload: P, id: string) => Promise<void>): void {
    this.handlers.set(channel, handler as Handler);
  }

  override onApplicationBootstrap(): void {
    super.onApplicationBootstrap();
    this.deliveries.onQueued = () => void setTimeout(() => this.wake(), COMMIT_TAKES_MS).unref();
    this.wake();
  }

  async round(): Promise<boolean> {
    await this.giveUpHopeless();
    let claimed: Claimed[];
    do {
      claimed = await this.claim();
      await Promise.all(claimed.map((one) => this.try(one)));
    } while (claimed.length === BATCH && !this.stopped);
    return false;
  }

  private claim(): Promise<Claimed[]> {
    const now = this.clock.now();
    const until = new Date(now.getTime() + LEASE_MS);
    const channels = [...this.handlers.keys()];
    return this.transaction.run((db) =>
      db.query<Claimed>(CLAIM_DELIVERIES, [now, until, STARTS_MAX, channels, BATCH]),
    );
  }

  private async try(claimed: Claimed): Promise<void> {
    const { id, channel } = claimed;
    try {
      const handler = this.handlers.get(channel) as Handler;
      await inTime(handler(this.deliveries.open(id, claimed.payload) as never, id));
    } catch (error) {
      await this.failed(claimed, error);
      return;
    }
    await this.execute(SETTLE_DELIVERY, [id, 'done', this.clock.now()]);
    this.outcomes.inc({ channel, outcome: 'done' });
  }

  private async failed({ id, channel, template, attempts }: Claimed, error: unknown): Promise<void> {
    const wait = error instanceof DeliveryRefused ? undefined : WAITS_MS[attempts];
    const reason = error instanceof Error ? error.message : String(error);
    if (wait === undefined) {
      await this.execute(SETTLE_DELIVERY, [id, 'given-up', this.clock.now()]);
      this.report({ id, channel, template }, reason);
      return;
    }
    await this.execute(PUT_OFF_DELIVERY, [id, new Date(this.clock.now().getTime() + wait)]);
    this.outcomes.inc({ channel, outcome: 'put-off' });
    this.logger.warn(
      { delivery: id, channel, template, attempts: attempts + 1, reason },
      'a delivery was put off',
    );
  }

  private async giveUpHopeless(): Promise<void> {
    const now = this.clock.now();
    const hopeless = await this.transaction.run(async (db) => {
      await db.execute(SWEEP_DELIVERIES, [new Date(now.getTime() - SETTLED_KEPT_MS), SWEEP_ROWS]);
      return db.query<Claimed>(GIVE_UP_HOPELESS, [now, STARTS_MAX]);
    });
    for (const one of hopeless) this.report(one, 'too late, or ended twice without saying how');
  }

  private report(
    { id, channel, template }: Pick<Claimed, 'id' | 'channel' | 'template'>,
    reason: string,
  ): void {
    this.outcomes.inc({ channel, outcome: 'given-up' });
    this.logger.error({ delivery: id, channel, template, reason }, 'a delivery was given up');
  }

  private async execute(sql: string, params: unknown[]): Promise<void> {
    await this.transaction.run((db) => db.execute(sql, params));
  }
}

async function inTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end in ${TRY_DEADLINE_MS} ms`)), TRY_DEADLINE_MS);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
