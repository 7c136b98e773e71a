import { closeDispute } from '../payments/disputing.js';
import { listOf } from '../wire/listing.js';
import { route, type Operation } from '../wire/operation.js';

/** Texts that decide a dispute in test mode, as evidence. */
const WINNING = 'winning_evidence';
const LOSING = 'losing_evidence';

export const DISPUTE_ROUTES = [
  route('GET', '/v1/disputes', list),
  route('GET', '/v1/disputes/:id', ({ change, params, ids: [id = ''] }) => {
    params.end();
    return change.require('dispute', id);
  }),
  route('POST', '/v1/disputes/:id', update),
  route('POST', '/v1/disputes/:id/close', close),
];

function list(operation: Operation): object {
  const [intent, charge] = ['payment_intent', 'charge'].map((key) => operation.params.text(key));
  return listOf(
    operation,
    'dispute',
    '/v1/disputes',
    (dispute) =>
      (intent === undefined || dispute.payment_intent === intent) &&
      (charge === undefined || dispute.charge === charge),
  );
}

/** Takes evidence; submitted, it decides at once where Stripe's test evidence does. */
function update({ change, params, ids: [id = ''] }: Operation): object {
  const dispute = change.require('dispute', id);
  const evidence = params.object('evidence');
  const text = evidence?.text('uncategorized_text');
  evidence?.end();
  const submits = params.boolean('submit') ?? true;
  dispute.metadata = params.metadata(dispute.metadata);
  params.end();
  if (text !== undefined) {
    dispute.evidence.uncategorized_text = text;
    dispute.evidence_details.has_evidence = true;
  }
  if (submits && text !== undefined) {
    dispute.status = 'under_review';
    dispute.evidence_details.submission_count += 1;
    dispute.evidence_details.submission_method = 'manual';
  }
  change.emit('charge.dispute.updated', dispute);
  if (submits && text === WINNING) closeDispute(change, dispute, 'won');
  if (submits && text === LOSING) closeDispute(change, dispute, 'lost');
  return dispute;
}

/** Gives a dispute up. */
function close({ change, params, ids: [id = ''] }: Operation): object {
  params.end();
  const dispute = change.require('dispute', id);
  closeDispute(change, dispute, 'lost');
  return dispute;
}
