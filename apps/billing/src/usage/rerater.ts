import { Inject, Injectable } from '@nestjs/common';
import { UsageVoided, walletErrors, type Rerating, type RerateUsage } from '@leadwire/contracts';
import { amount, assert, Clock, moneyText, requestErrors, type Ctx } from '@leadwire/kernel';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import type { Answer, Command } from '../ledger/command.js';
import { WalletLock } from '../ledger/wallet-lock.js';
import { Charging, type RatedUsage } from './charging.js';
import { quotaTimesOf, successorsOf } from './corrections.js';
import { pricesOf } from './rater.js';
import { monthOf } from './rating.js';
import { RatingAgain, type Changed } from './rerating.js';
import { RATED_USES, type RatedUseRow } from './rerating.queries.js';
import { changeMonths, momentOf } from './taking-back.js';

const PAGE = 250;

/** Rates the usage of a period again at the prices of another moment, and charges what is different by credit and debit. */
@Injectable()
export class Rerater {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(WalletLock) private readonly wallets: WalletLock,
    @Inject(Charging) private readonly charging: Charging,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** @throws AppError `request.invalid` | `request.timeout` | `wallet.frozen` */
  async rerate(ctx: Ctx, { from, to, feature, pricesAt, reason }: RerateUsage): Promise<Rerating> {
    const now = this.clock.now();
    const moment = pricesAt === undefined ? now : new Date(pricesAt);
    const [start, end] = [new Date(from), new Date(to)];
    if (!(start < end)) throw outOfRange('/to', 'must be after from');
    if (moment > now) throw outOfRange('/pricesAt', 'must not be in the future');
    const again = new RatingAgain(moment, start, feature);
    const sum = { uses: 0, changed: 0, delta: amount('0') };
    let place: (string | null)[] = [null, null];
    for (;;) {
      const uses = await this.tenant.read<RatedUseRow>(ctx, RATED_USES, [
        ctx.tenantId,
        new Date(monthOf(start)),
        end,
        now,
        ...place,
        PAGE,
      ]);
      const changed = await this.rateAgain(ctx, again, uses, moment);
      if (reason !== undefined && changed.length > 0) await this.apply(ctx, changed, reason);
      sum.uses += uses.filter(({ occurredAt }) => occurredAt >= start).length;
      sum.changed += changed.filter(({ delta }) => !delta.isZero()).length;
      sum.delta = changed.reduce((total, { delta }) => total.add(delta), sum.delta);
      const last = uses.at(-1);
      if (!last || uses.length < PAGE) break;
      if (ctx.deadline <= Date.now()) throw requestErrors.timeout();
      place = [last.position, last.id];
    }
    const { uses, changed, delta } = sum;
    return { uses, changed, delta: moneyText(delta), applied: reason !== undefined, items: again.lines() };
  }

  private rateAgain(ctx: Ctx, again: RatingAgain, uses: RatedUseRow[], moment: Date): Promise<Changed[]> {
    const currency = uses[0]?.currency;
    if (currency === undefined) return Promise.resolve([]);
    return this.tenant.run(ctx, async (db) => {
      const items = uses.flatMap((use) => use.items);
      const prices = await pricesOf(db, currency, items, [moment]);
      const moments = uses.flatMap(({ occurredAt, items: own }) =>
        own.map((item) => momentOf({ item, occurredAt })),
      );
      const former = await pricesOf(db, currency, items, moments);
      return uses.flatMap((use) => again.add(use, prices, former) ?? []);
    });
  }

  /** What somebody else voided meanwhile is left alone. */
  private apply(ctx: Ctx, changed: Changed[], reason: string): Promise<void> {
    return this.tenant.run(ctx, async (db) => {
      const wallet = await this.wallets.take(db);
      const quotaTimes = await quotaTimesOf(
        db,
        changed.map(({ use }) => use.id),
      );
      const answers = await wallet.post(
        changed.map(({ use, items }) => voidOf(use, JSON.stringify(items), reason)),
      );
      if (answers.some(({ outcome }) => outcome === 'frozen' || outcome === 'closed'))
        throw walletErrors.frozen();
      const done = changed.flatMap((change, i) => {
        const answer = answers[i] as Answer;
        return answer.outcome === 'posted' || answer.outcome === 'voided' ? [{ ...change, answer }] : [];
      });
      await this.charging.record(
        db,
        wallet,
        done.map(({ use, items }) => replacementOf(use, items, quotaTimes.get(use.id) ?? null)),
      );
      await changeMonths(
        db,
        wallet.currency,
        done.flatMap(({ months }) => months),
      );
      await announce(db, done, reason);
      await this.charging.chargePending(db, wallet);
      await wallet.save();
    });
  }
}

function voidOf({ id }: RatedUseRow, replacement: string, reason: string): Command {
  return { kind: 'void', key: `void:${id}`, usageId: id, replacement, description: reason };
}

function replacementOf(
  { id, feature, userId, reference, source, occurredAt, metadata }: RatedUseRow,
  items: RatedUsage['items'],
  quotaAt: string | null,
): RatedUsage {
  const key = `correction:${id}`;
  return { key, feature, items, userId, reference, source, occurredAt, metadata, corrects: id, quotaAt };
}

async function announce(db: TenantDb, done: (Changed & { answer: Answer })[], reason: string): Promise<void> {
  const successors = await successorsOf(
    db,
    done.map(({ use }) => use.id),
  );
  for (const { use, answer } of done) {
    const correctedById = successors.get(use.id);
    assert(correctedById, 'what was rated again has a successor');
    db.emit(UsageVoided, use.id, {
      usageEventId: use.id,
      featureKey: use.feature,
      cost: answer.outcome === 'posted' ? use.cost : '0.000000',
      currency: use.currency,
      reversalTransactionId: answer.ledgerId,
      correctedById,
      reason,
    });
  }
}

function outOfRange(pointer: string, detail: string) {
  return requestErrors.invalid({ errors: [{ pointer, code: 'range', detail }] });
}
