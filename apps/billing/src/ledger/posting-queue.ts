import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { AppError, Clock, remainingMs, requestErrors, systemCtx, type Ctx } from '@leadwire/kernel';
import { TenantTransaction } from '@leadwire/persistence';
import { Charging } from '../usage/charging.js';
import type { Answer, Command } from './command.js';
import { POST_BATCH_MAX } from './locked-wallet.js';
import { postAlone } from './lone-batch.js';
import { WalletLock } from './wallet-lock.js';

/** Wallets that this process posts on at once; each takes a connection, and others need some too. */
export const LANES_MAX = 6;
/** Commands that wait for one wallet, and in all; more are refused at once, so that another replica or a later try gets them. */
const QUEUED_PER_WALLET_MAX = 2_000;
const QUEUED_MAX = 20_000;

type Waiting = {
  ctx: Ctx;
  command: Command;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
};

/**
 * Collects what callers want of one wallet and posts it in batches: whatever came while the last batch was under way is the next
 * one. There is no timer to wait for, so a lone command leaves at once. Wallets take turns, one batch each, so that a hot one never
 * starves the others. Speed is all this is for: the posting function alone decides, whoever calls it.
 *
 * Never call it while holding a transaction: the queue needs connections of the same pool.
 */
@Injectable()
export class PostingQueue implements BeforeApplicationShutdown {
  private readonly queues = new Map<string, Waiting[]>();
  private readonly ready: string[] = [];
  private readonly lanes = new Set<Promise<void>>();
  private queued = 0;

  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(WalletLock) private readonly wallets: WalletLock,
    @Inject(Charging) private readonly charging: Charging,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Has a command posted on the wallet of the caller's tenant.
   * @throws AppError `request.unavailable` when too many wait or the database is away; `request.timeout` when its turn came too late
   */
  submit(ctx: Ctx, command: Command): Promise<Answer> {
    const queue = this.queues.get(ctx.tenantId);
    if ((queue?.length ?? 0) >= QUEUED_PER_WALLET_MAX || this.queued >= QUEUED_MAX)
      return Promise.reject(
        requestErrors.unavailable({ internal: 'too many commands wait', retryAfterSeconds: 1 }),
      );
    return new Promise((resolve, reject) => {
      const waiting = { ctx, command, resolve, reject };
      this.queued++;
      if (queue) return void queue.push(waiting);
      this.queues.set(ctx.tenantId, [waiting]);
      this.ready.push(ctx.tenantId);
      this.fill();
    });
  }

  /** Lets what is queued finish: its callers still wait for answers. */
  async beforeApplicationShutdown(): Promise<void> {
    while (this.lanes.size > 0) await Promise.all(this.lanes);
  }

  private fill(): void {
    while (this.lanes.size < LANES_MAX) {
      const tenantId = this.ready.shift();
      if (tenantId === undefined) return;
      const lane = this.drainOne(tenantId).finally(() => {
        this.lanes.delete(lane);
        this.fill();
      });
      this.lanes.add(lane);
    }
  }

  private async drainOne(tenantId: string): Promise<void> {
    // Everything that this turn of the event loop brings joins the batch.
    await new Promise((resolve) => setImmediate(resolve));
    const queue = this.queues.get(tenantId) as Waiting[];
    const batch = queue.splice(0, POST_BATCH_MAX);
    await this.post(batch.filter((waiting) => stillWaitedFor(waiting)));
    this.queued -= batch.length;
    if (queue.length === 0) this.queues.delete(tenantId);
    else this.ready.push(tenantId);
  }

  private async post(batch: Waiting[]): Promise<void> {
    if (batch.length === 0) return;
    try {
      const answers = await this.postTogether(batch);
      batch.forEach(({ resolve }, i) => resolve(answers[i] as Answer));
    } catch (error) {
      // One command that the database refuses must not take its neighbours along: try each alone.
      if (batch.length > 1 && !(error instanceof AppError))
        for (const waiting of batch) await this.post([waiting]);
      else for (const { reject } of batch) reject(error);
    }
  }

  private async postTogether(batch: Waiting[]): Promise<Answer[]> {
    const commands = batch.map(({ command }) => command);
    const ctx = ctxOf(batch);
    const posted = await postAlone(this.tenant, ctx, commands, this.clock.now());
    return posted ?? this.postInTransaction(ctx, commands);
  }

  private postInTransaction(ctx: Ctx, commands: Command[]): Promise<Answer[]> {
    return this.tenant.run(ctx, async (db) => {
      const wallet = await this.wallets.take(db);
      const answers = await wallet.post(commands);
      const gained = answers.some(
        ({ outcome }, i) => outcome === 'posted' && addsFunds(commands[i] as Command),
      );
      if (gained) await this.charging.chargePending(db, wallet);
      await wallet.save();
      return answers;
    });
  }
}

function stillWaitedFor({ ctx, reject }: Waiting): boolean {
  const waited = remainingMs(ctx) > 0;
  if (!waited) reject(requestErrors.timeout({ internal: 'the turn of the command came too late' }));
  return waited;
}

// What is freed may pay for usage that waits, just as what is added.
function addsFunds({ kind }: Command): boolean {
  return kind !== 'debit' && kind !== 'reserve' && kind !== 'extend';
}

/** The context of the batch: its request's own, or the system's when several share it. The key stays with the command. */
function ctxOf(batch: Waiting[]): Ctx {
  const { ctx } = batch[0] as Waiting;
  if (batch.every((other) => other.ctx.requestId === ctx.requestId)) {
    const { idempotencyKey: _, ...own } = ctx;
    return Object.freeze(own);
  }
  return systemCtx(ctx.tenantId, { requestId: ctx.requestId, traceparent: ctx.traceparent });
}
