import { createHash } from 'node:crypto';
import type { LedgerReference, LedgerType } from '@leadwire/contracts';
import { amount, moneyText, newId, type Amount } from '@leadwire/kernel';

/** A change of a wallet's balance that somebody asks for. */
export type Posting = {
  type: LedgerType;
  /** Signed: debits are negative. */
  amount: Amount;
  referenceType: LedgerReference;
  referenceId?: string;
  /** Of all postings of a tenant with one key, one has an effect, for ever. */
  key: string;
  createdBy?: string | null;
  description?: string;
};

/**
 * What became of it. `insufficient` leaves no trace, so the same key may be tried again; `duplicate` was posted before and
 * names that row; `conflict` means that the key was used for something else.
 */
export type Posted = {
  outcome: 'posted' | 'duplicate' | 'conflict' | 'insufficient';
  ledgerId: string;
  balanceAfter: string;
};

/** Tells a repeated command from another one under the same key. Amounts are compared in their stored form: 5 is 5.000000. */
export function requestHash({
  type,
  amount: value,
  referenceType,
  referenceId,
  description,
}: Posting): Buffer {
  const asked = [type, moneyText(value), referenceType, referenceId ?? null, description ?? null];
  return createHash('sha256').update(JSON.stringify(asked)).digest();
}

/** The columns of {@link POST} for a batch, as parallel arrays. */
export function postingColumns(postings: Posting[]): unknown[][] {
  return [
    postings.map(() => newId()),
    postings.map(({ type }) => type),
    postings.map((posting) => moneyText(posting.amount)),
    postings.map(({ referenceType }) => referenceType),
    postings.map(({ referenceId }) => referenceId ?? null),
    postings.map(({ key }) => key),
    postings.map((posting) => requestHash(posting)),
    postings.map(({ createdBy }) => createdBy ?? null),
    postings.map(({ description }) => description ?? null),
  ];
}

/** The debit that pays for a usage event. */
export function debitOf({ id, cost, key }: { id: string; cost: string; key: string }): Posting {
  return { type: 'debit', amount: amount(cost).neg(), referenceType: 'usage_event', referenceId: id, key };
}
