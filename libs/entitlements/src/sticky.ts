import { hash } from 'node:crypto';

/** Roll-outs move in hundredths of a percent. */
const BUCKETS = 10_000;
const HEX_DIGITS = 8;

/**
 * Which of 10,000 buckets `key` falls into under `seed`: the first 32 bits of SHA-256(`seed:key`) modulo 10,000. Anybody can
 * check it with `printf 'seed:key' | sha256sum`. A bucket never moves, so a growing percentage only ever adds.
 */
export function bucketOf(seed: string, key: string): number {
  return parseInt(hash('sha256', `${seed}:${key}`, 'hex').slice(0, HEX_DIGITS), 16) % BUCKETS;
}

/** Whether `key` is among the first `percentage` of a hundred. */
export function isRolledOut(seed: string, key: string, percentage: number): boolean {
  return bucketOf(seed, key) < Math.round((percentage * BUCKETS) / 100);
}
