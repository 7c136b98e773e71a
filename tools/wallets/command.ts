import type { Door, Options } from '../operator/door.ts';

/** One word of `npm run wallets`: how it is used, and what it does with the words and options that follow. */
export type WalletCommand = {
  usage: string;
  /** @returns what to print; @throws Error with what the service answered */
  run: (door: Door, words: string[], options: Options) => Promise<string>;
};
