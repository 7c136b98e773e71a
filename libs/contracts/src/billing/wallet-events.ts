import { defineEvent } from '../define/event.js';
import { OneOf, Text, Timestamp, Uuid } from '../define/fields.js';

/** Who stops a wallet: its own audit, or an operator. */
export const FREEZE_CAUSES = ['audit', 'operator'] as const;
export type FreezeCause = (typeof FREEZE_CAUSES)[number];
export const FREEZE_REASON_MAX = 500;

export class WalletFrozenData {
  @Uuid()
  walletId!: string;

  @OneOf(FREEZE_CAUSES)
  cause!: FreezeCause;

  @Text({ max: FREEZE_REASON_MAX, description: 'Why, in words; of an audit, the invariant and the rows.' })
  reason!: string;

  @Timestamp()
  frozenAt!: string;
}
export const WalletFrozen = defineEvent(
  'billing.wallet.frozen',
  WalletFrozenData,
  'A wallet was stopped: nothing is paid in or out, and usage waits, until it is unfrozen.',
);

export class WalletUnfrozenData {
  @Uuid()
  walletId!: string;

  @OneOf(FREEZE_CAUSES, { description: 'What had stopped it.' })
  cause!: FreezeCause;
}
export const WalletUnfrozen = defineEvent(
  'billing.wallet.unfrozen',
  WalletUnfrozenData,
  'A wallet that was stopped goes on; usage that waited is charged.',
);
