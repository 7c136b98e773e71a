import { AppError } from '@leadwire/kernel';
import { describeFailure, type SmtpFailure } from '../accounts/mail-server.js';
import { LeaseLostError } from './mail.js';

/** What became of one try to send one mail. */
export type Outcome =
  /** The server took it. */
  | { kind: 'accepted'; response: string }
  /** The data left whole, but no answer came: nobody here can know. */
  | { kind: 'doubtful'; reason: string }
  /** The server put it off; `broken` when it said nothing but went away, which is mostly soon over. */
  | { kind: 'deferred'; reason: string; broken?: boolean }
  /** The server refused it for good. */
  | { kind: 'refused'; reason: string }
  /** Nothing left, for a reason that is not the mail's; `fatal` needs a person. */
  | { kind: 'account'; fatal: boolean; reason: string }
  /** Nothing left: it was not its turn. */
  | { kind: 'returned' };

/** Where in the dialogue a failure happened. */
export type Phase = 'opening' | 'sending' | 'handed-over';

/** A machine that restarts answers old connections with a reset too, but not this soon. */
const TELLING_RESET_MS = 10_000;

/**
 * Sorts a failure by who has to bear it: the mail (retry or give up), or the account (pause it, keep the leads).
 * RFC 5321 §4.2.1: 4yz is worth another try, 5yz is not; what is said to the login or the sender is about the account.
 *
 * A connection that is reset right after the end of the data was closed by a kernel that still held bytes the server had not
 * read (RFC 1122 §4.2.2.13, RFC 2525 §2.17): it cannot have taken the mail. One that is closed in order says nothing.
 * @param sinceEndMs how long ago the end of the data left, when it has
 */
export function outcomeOf(error: unknown, phase: Phase, sinceEndMs = 0): Outcome {
  if (error instanceof LeaseLostError) return { kind: 'returned' };
  const reason = describeFailure(error);
  if (error instanceof AppError) return { kind: 'account', fatal: false, reason };
  const { responseCode, command = '', code, originalCode } = error as SmtpFailure;
  if (phase === 'handed-over') {
    const unread = originalCode === 'ECONNRESET' && sinceEndMs < TELLING_RESET_MS;
    if (!responseCode)
      return unread ? { kind: 'deferred', reason, broken: true } : { kind: 'doubtful', reason };
    return responseCode >= 500 ? { kind: 'refused', reason } : { kind: 'deferred', reason };
  }
  if (phase === 'opening')
    return { kind: 'account', fatal: code === 'EAUTH' && (responseCode ?? 500) >= 500, reason };
  if (responseCode === 421) return { kind: 'account', fatal: false, reason };
  if (command.startsWith('MAIL')) return { kind: 'account', fatal: (responseCode ?? 0) >= 500, reason };
  if (command === 'API') return { kind: 'refused', reason };
  if (!responseCode) return { kind: 'deferred', reason, broken: true };
  return responseCode >= 500 ? { kind: 'refused', reason } : { kind: 'deferred', reason };
}
