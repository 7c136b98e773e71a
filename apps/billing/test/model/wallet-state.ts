import type { WalletModel } from './wallet-model.ts';
import { money, pieces, type IdOf } from './wording.ts';

/** Every row of a wallet that the model knows of. Row-level security narrows each table to the tenant of the transaction. */
export const WALLET_STATE = `
  SELECT json_build_object(
    'wallet', json_build_array(w.status, w.current_balance::text, w.reserved_balance::text, w.last_seq, w.exhausted_at IS NOT NULL),
    'lots', (SELECT coalesce(json_object_agg(wallet_seq, remaining::text), '{}') FROM billing_credit_lots WHERE remaining > 0),
    'reservations', (
      SELECT coalesce(json_object_agg(id, json_build_array(status, authorized::text, captured::text, released::text,
        allotted::text, (extract(epoch FROM expires_at) * 1000)::bigint, feature_key, quantity::text)), '{}')
      FROM billing_reservations),
    'usage', (
      SELECT coalesce(json_object_agg(idempotency_key, json_build_array(status, waits_for, total_cost::text, total_quantity::text,
        (extract(epoch FROM quota_at) * 1000)::bigint)), '{}')
      FROM billing_usage_events),
    'quotas', (
      SELECT coalesce(json_object_agg(feature_key, json_build_array(day, day_used::text, month, month_used::text)), '{}')
      FROM billing_quota_counters),
    'credits', (
      SELECT coalesce(json_object_agg(user_id, json_build_array(monthly_allowance::text, monthly_usage::text, held::text,
        balance::text, last_seq)), '{}')
      FROM user_credits),
    'accounts', (SELECT coalesce(json_object_agg(account, balance::text), '{}') FROM billing_accounts),
    'refusals', (SELECT count(*) FROM billing_refusals)) AS state
  FROM billing_wallets w
  WHERE user_id IS NULL`;

/** What those rows must be. */
export function expectedState(model: WalletModel, idOf: IdOf): object {
  const date = (at: number) => new Date(at).toISOString().slice(0, 10);
  const named = <T>(entries: Iterable<[string, T]>, row: (value: T) => unknown, nameOf = idOf) =>
    Object.fromEntries([...entries].map(([name, value]) => [nameOf(name), row(value)]));
  const asItIs = (name: string) => name;
  return {
    wallet: [model.status, money(model.balance), money(model.reserved), model.seq, model.exhausted],
    lots: Object.fromEntries(model.lots.left.map(({ seq, remaining }) => [seq, money(remaining)])),
    reservations: named(model.reservations, (held) => [
      held.status,
      ...[held.authorized, held.captured, held.released, held.allotted].map(money),
      held.expiresAt,
      held.feature,
      held.quantity === null ? null : pieces(held.quantity),
    ]),
    usage: named(
      model.usage,
      (used) => [used.status, used.waits, money(used.micros), pieces(used.quantity), used.quotaAt],
      asItIs,
    ),
    quotas: named(
      model.entitlements,
      ({ day, dayUsed, month, monthUsed }) => [date(day), pieces(dayUsed), date(month), pieces(monthUsed)],
      asItIs,
    ),
    credits: named(model.credits, ({ allowance, spent, held, left, changes }) => [
      allowance === null ? null : money(allowance),
      ...[spent, held, left].map(money),
      changes,
    ]),
    accounts: named(model.accounts, money, asItIs),
    refusals: model.refusals,
  };
}
