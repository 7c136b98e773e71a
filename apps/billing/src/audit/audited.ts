import { ANNOUNCED } from './announced.js';
import { INVARIANTS, type Invariant } from './invariants.js';
import { REPLAYED } from './replayed.js';

/** All that is held by the audit: of whole wallets, and of what changed in them. docs/billing-invariants.md has a row for each. */
export const AUDITED: Pick<Invariant, 'id' | 'says'>[] = [...INVARIANTS, ANNOUNCED, REPLAYED];
