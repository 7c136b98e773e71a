// What proves an exported ledger, from the file alone: no package and nothing of ours is needed to read or to run this.
import { hash } from 'node:crypto';

/** First line of an export. */
export type LedgerHeader = {
  format: string;
  tenantId: string;
  walletId: string;
  currency: string;
  after: number;
  afterHash: string | null;
  openingBalance: string;
  openingReserved: string;
  last: number;
  head: string | null;
  balance: string;
  reserved: string;
};

/** Every other line: a posting, with what it was hashed as. */
export type LedgerLine = {
  seq: number;
  id: string;
  type: string;
  amount: string;
  balanceBefore: string;
  balanceAfter: string;
  reservedAmount: string;
  reservedBefore: string;
  reservedAfter: string;
  counterAccount: string;
  referenceType: string;
  referenceId: string | null;
  reservationId: string | null;
  createdBy: string | null;
  createdAt: string;
  requestHash: string;
  idempotencyKey: string;
  description: string | null;
  metadata: string;
  hash: string;
};

/** A posting whose hash is known from elsewhere: an event, an earlier export, a notary. */
export type Anchor = { seq: number; hash: string };
export type Proven = {
  postings: number;
  balance: string;
  reserved: string;
  head: string | null;
  currency: string;
};

const FORMAT = 'leadwire-ledger-1';

/** Says where a file stops being a ledger. */
export class LedgerBroken extends Error {
  constructor(line: number, what: string) {
    super(`line ${line}: ${what}`);
  }
}

const ZERO = '0.000000';
const HASH_BYTES = 32;
const LEAF_BYTES_USUAL = 4096;

const sized = (text: string): string => `${Buffer.byteLength(text)}:${text}`;

/** What the first posting of a wallet is chained to, hexadecimal. */
export const chainStart = (walletId: string): string => hash('sha256', `leadwire:wallet:${walletId}`, 'hex');

/** The hash of each posting over the hash of the one before it and all that it says itself. */
export class Chain {
  private bytes = Buffer.alloc(HASH_BYTES + LEAF_BYTES_USUAL);
  head = '';

  /** Adds a posting by its leaf and returns its hash, hexadecimal. */
  next(leaf: string): string {
    const atMost = HASH_BYTES + leaf.length * 3;
    if (atMost > this.bytes.length) this.bytes = Buffer.alloc(atMost);
    this.bytes.write(this.head, 'hex');
    const length = HASH_BYTES + this.bytes.write(leaf, HASH_BYTES, 'utf8');
    return (this.head = hash('sha256', this.bytes.subarray(0, length), 'hex'));
  }
}

/** What a posting is hashed as: the same text, byte for byte, as `ledger_leaf()` makes in the database. */
export function leafOf(
  { tenantId, walletId }: Pick<LedgerHeader, 'tenantId' | 'walletId'>,
  l: LedgerLine,
): string {
  const described = l.description === null ? '-' : sized(l.description);
  return (
    `${l.id}|${tenantId}|${walletId}|${l.seq}|${l.type}|${l.amount}|${l.balanceBefore}|${l.balanceAfter}` +
    `|${l.reservedAmount}|${l.reservedBefore}|${l.reservedAfter}|${l.counterAccount}|${l.referenceType}` +
    `|${l.referenceId ?? '-'}|${l.reservationId ?? '-'}|${l.createdBy ?? '-'}|${microsOf(l.createdAt)}` +
    `|${l.requestHash}|${sized(l.idempotencyKey)}|${described}|${sized(l.metadata)}`
  );
}

/** `2026-06-01T00:00:00.000001Z` in microseconds since 1970. */
function microsOf(moment: string): string {
  const ms = Date.parse(`${moment.slice(0, 23)}Z`);
  return `${ms}${moment.slice(23, 26)}`;
}

/** An amount in millionths; exact, as text with six digits after the point is. */
function unitsOf(text: string): bigint {
  const point = text.length - 7;
  if (text[point] !== '.') throw new Error(`${text} is no amount of six decimals`);
  return BigInt(text.slice(0, point) + text.slice(point + 1));
}

function textOf(units: bigint): string {
  const digits = (units < 0n ? -units : units).toString().padStart(7, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

type Sum = Readonly<{ text: string; units: bigint }>;
const NOTHING: Sum = { text: ZERO, units: 0n };
const sumOf = (text: string): Sum => ({ text, units: unitsOf(text) });

/** Holds a ledger against itself, line by line: places, sums, chain, and the end that its first line promises. */
export class LedgerProof {
  private header?: LedgerHeader;
  private lines = 0;
  private seq = 0;
  private balance: Sum = NOTHING;
  private reserved: Sum = NOTHING;
  private readonly chain = new Chain();
  private anchored = false;
  private readonly anchor: Anchor | undefined;

  constructor(anchor?: Anchor) {
    this.anchor = anchor;
  }

  /** @throws LedgerBroken */
  take(line: string): void {
    this.lines++;
    try {
      const parsed: unknown = JSON.parse(line);
      if (this.header) this.follow(this.header, parsed as LedgerLine);
      else this.open(parsed as LedgerHeader);
    } catch (error) {
      if (error instanceof LedgerBroken) throw error;
      throw this.broken('cannot be read: the file was cut or changed');
    }
  }

  /** @throws LedgerBroken when the file ends before the ledger does */
  end(): Proven {
    const { header } = this;
    if (!header) throw this.broken('the file is empty');
    if (this.seq !== header.last) throw this.broken(`the file ends at posting ${this.seq} of ${header.last}`);
    const head = this.seq === 0 ? null : this.chain.head;
    if (head !== header.head) throw this.broken('the last hash is not the head that the first line names');
    const [balance, reserved] = [this.balance.text, this.reserved.text];
    if (balance !== header.balance || reserved !== header.reserved)
      throw this.broken(
        `the postings leave ${balance} and hold ${reserved}; the first line says ${header.balance} and ${header.reserved}`,
      );
    if (this.anchor && !this.anchored) throw this.broken(`there is no posting ${this.anchor.seq}`);
    return { postings: this.seq - header.after, balance, reserved, head, currency: header.currency };
  }

  private open(header: LedgerHeader): void {
    if (header.format !== FORMAT) throw this.broken(`is not the first line of a ledger (${FORMAT})`);
    this.header = header;
    this.seq = header.after;
    this.balance = sumOf(header.openingBalance);
    this.reserved = sumOf(header.openingReserved);
    this.chain.head = header.afterHash ?? chainStart(header.walletId);
    const starts =
      header.openingBalance === ZERO && header.openingReserved === ZERO && header.afterHash === null;
    if (header.after === 0 && !starts) throw this.broken('a ledger starts from nothing');
    this.compare(header.after, header.afterHash);
  }

  private follow(header: LedgerHeader, l: LedgerLine): void {
    if (l.seq !== this.seq + 1) throw this.broken(`posting ${l.seq} comes after ${this.seq}`);
    this.seq = l.seq;
    this.balance = this.moved('balance', this.balance, [l.balanceBefore, l.amount, l.balanceAfter]);
    this.reserved = this.moved('held amount', this.reserved, [
      l.reservedBefore,
      l.reservedAmount,
      l.reservedAfter,
    ]);
    if (this.balance.units < this.reserved.units || this.reserved.units < 0n)
      throw this.broken('the wallet is overdrawn');
    if (this.chain.next(leafOf(header, l)) !== l.hash)
      throw this.broken(`posting ${l.seq} does not hash to what it says`);
    this.compare(l.seq, l.hash);
  }

  private moved(what: string, now: Sum, [before, by, after]: [string, string, string]): Sum {
    if (before !== now.text)
      throw this.broken(`the ${what} is ${now.text}, the posting starts from ${before}`);
    // Most postings leave what is held as it is.
    if (by === ZERO && after === before) return now;
    const then = now.units + unitsOf(by);
    if (unitsOf(after) !== then)
      throw this.broken(`the ${what} becomes ${textOf(then)}, the posting says ${after}`);
    return { text: after, units: then };
  }

  private compare(seq: number, hash: string | null): void {
    if (seq !== this.anchor?.seq) return;
    if (hash !== this.anchor.hash)
      throw this.broken(`posting ${seq} is not the one with the hash ${this.anchor.hash}`);
    this.anchored = true;
  }

  private broken(what: string): LedgerBroken {
    return new LedgerBroken(this.lines, what);
  }
}
