import { RETENTION_DAYS } from '@leadwire/persistence';

/** Announced events leave the outbox some days after they were published; what is younger by two days must still be there. */
const STAYS_DAYS = RETENTION_DAYS.events - 2;

/** Where the outbox is read: events of wallet `$1` behind number `$5`, at most one for each posting between `$2` and `$3`. */
const EVENTS_OF_TAIL = `
  SELECT e.tenant_id, e.id, e.seq, (e.payload ->> 'fromSeq')::bigint AS first, (e.payload ->> 'toSeq')::bigint AS last,
         e.payload ->> 'hash' AS hash
  FROM domain_events e
  WHERE e.tenant_id = (SELECT tenant_id FROM billing_wallets WHERE id = $1) AND e.aggregate_id = $1
    AND e.event_type = 'billing.wallet.posted' AND e.seq > coalesce($5::bigint, 0)
  ORDER BY e.seq
  LIMIT CASE WHEN $5::bigint IS NULL THEN NULL ELSE $3::bigint - $2::bigint END`;

/** The last event before the first that tells of postings beyond `$3`: nobody reads the outbox of the wallet up to it again. */
export const LAST_ANNOUNCED = `
  SELECT max(seq)
  FROM (SELECT seq, min(seq) FILTER (WHERE last > $3) OVER () AS beyond FROM (${EVENTS_OF_TAIL}) events) placed
  WHERE beyond IS NULL OR seq < beyond`;

/**
 * That each posting of a tail is announced. Where it is not known from which event on (null), only what is announced is looked at. The
 * outbox of a team that is erased goes with its other data.
 */
export const ANNOUNCED = {
  id: 'I8',
  says: 'each posting was announced by one event of its batch, with the hash of the last posting',
  sql: `
    WITH events AS MATERIALIZED (${EVENTS_OF_TAIL})
    SELECT l.tenant_id, l.wallet_id, l.id::text AS row, 'posting ' || l.wallet_seq || ' was not announced' AS detail
    FROM billing_ledger_transactions l
    JOIN billing_wallets w ON w.id = l.wallet_id AND w.status <> 'closed'
    CROSS JOIN (SELECT coalesce(range_agg(int8range(first, last, '[]')), '{}') AS seqs FROM events) announced
    WHERE l.wallet_id = $1 AND l.wallet_seq > $2 AND l.wallet_seq <= $3 AND $5::bigint IS NOT NULL
      AND l.created_at > now() - make_interval(days => ${STAYS_DAYS}) AND NOT announced.seqs @> l.wallet_seq
    UNION ALL
    SELECT e.tenant_id, $1::uuid, e.id::text, 'announces postings ' || e.first || ' … ' || e.last || ' again, or as others'
    FROM (SELECT *, lag(last) OVER (ORDER BY first, seq) AS announced FROM events) e
    LEFT JOIN billing_ledger_transactions l ON l.wallet_id = $1 AND l.wallet_seq = e.last
    WHERE e.first <= e.announced OR encode(l.hash, 'hex') IS DISTINCT FROM e.hash`,
};
