import { quotaErrors } from '@leadwire/contracts';
import type { AppError } from '@leadwire/kernel';
import type { QuotaRefusal } from '../ledger/command.js';

/** What whoever asked for something gated is told when a quota has no room for it: which one, and until when. */
export function quotaRefused(refusal: Partial<QuotaRefusal> | null): AppError {
  const { feature, reason, quota, used, resetsAt } = refusal ?? {};
  if (reason === 'disabled') return quotaErrors.disabled({ extras: { feature } });
  return quotaErrors.used_up({ extras: { feature, period: reason, quota, used, resetsAt } });
}
