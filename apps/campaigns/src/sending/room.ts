/** Mails that one process has under way at once, through one account and in all: each is held in memory until it has left. */
export const UNDER_WAY_PER_ACCOUNT_MAX = 200;
export const UNDER_WAY_MAX = 2_000;

export type UnderWay = { all: number; ofTenant: number; ofAccount: number };

/**
 * How many mails of one account may be claimed now. A tenant may have as many under way as are still free for others, so that
 * however many accounts with slow servers it has, some room is always left: alone it takes half of it, n such tenants 1/(n+1) each
 * (dynamic queue thresholds: Choudhury and Hahne, IEEE/ACM Transactions on Networking 6(2), 1998, with α = 1).
 */
export function roomOf({ all, ofTenant, ofAccount }: UnderWay): number {
  const free = UNDER_WAY_MAX - all;
  return Math.max(0, Math.min(UNDER_WAY_PER_ACCOUNT_MAX - ofAccount, free - ofTenant));
}
