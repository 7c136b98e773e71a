import { TAKE_QUOTA_FOR_CHARGE, TAKE_QUOTA_FOR_USAGE } from './post-batch-limits.js';

// The steps of post_batch(), in order: what becomes of a command, its rows, its lots, and the end of the batch. They share the
// variables that the function declares; a call per command would cost more than the decision. Every statement costs as well: rows are
// made in one expression each, and written in one statement for the batch.

/** SQLSTATE of a batch that cannot be posted alone. */
export const GOES_THE_LONG_WAY = 'LW001';

/** Says what becomes of one command: `outcome`, and of the balance `moved`, of what is reserved `held`. */
export const DECIDE = `
      IF c.prior_outcome IS NOT NULL THEN
        -- Usage that was recorded before its input was hashed is taken as it is.
        answers := answers || CASE WHEN c.prior_hash = c.hash OR c.prior_hash IS NULL OR c.kind = 'charge'
          THEN ROW(c.place, c.prior_outcome, c.prior_id, c.prior_seq, c.prior_balance, c.prior_reserved, c.prior_available,
            c.prior_state)::posting_answer
          ELSE ROW(c.place, 'conflict', NULL, NULL, NULL, NULL, NULL, NULL)::posting_answer END;
        CONTINUE;
      END IF;

      outcome := 'posted';
      type := c.kind;
      moved := 0;
      held := 0;
      available := NULL;
      state := NULL;
      reservation := NULL;
      counted := false;
      person := c.created_by;
      IF c.kind IN ('usage', 'fail') AND quotas AND w.status <> 'closed' THEN
        IF c.usage ->> 'quotaAt' IS NOT NULL THEN
          -- It counts where what it stands for counted, whether there is room or not: it happened, whatever it costs.
          PERFORM return_quota(p_tenant, c.feature, -c.quantity, (c.usage ->> 'quotaAt')::timestamptz);
        ELSIF c.kind = 'usage' AND c.usage ->> 'corrects' IS NULL THEN
          ${TAKE_QUOTA_FOR_USAGE}
        END IF;
      END IF;
      IF outcome = 'awaits_quota' THEN
        NULL;
      -- A suspended wallet takes money in, and pays what it was suspended for; it spends nothing else.
      ELSIF w.status NOT IN ('active', 'suspended') OR (w.status = 'suspended' AND c.reference_type <> 'invoice'
          AND c.kind IN ('debit', 'usage', 'charge', 'reserve', 'extend')) THEN
        outcome := CASE WHEN c.kind NOT IN ('usage', 'fail') THEN 'frozen' WHEN w.status = 'closed' THEN 'closed'
          WHEN c.kind = 'fail' THEN 'failed' ELSE 'pending' END;
      ELSIF c.kind IN ('debit', 'usage', 'charge') THEN
        moved := -c.amount;
        type := 'debit';
        IF c.kind = 'usage' AND waits OR c.kind = 'charge' AND blocked THEN
          outcome := 'pending';
        ELSIF w.current_balance + moved < w.reserved_balance THEN
          outcome := CASE c.kind WHEN 'debit' THEN 'insufficient' ELSE 'pending' END;
          available := w.current_balance - w.reserved_balance;
          waits := waits OR c.kind <> 'debit';
          blocked := blocked OR c.kind <> 'debit';
        ELSIF c.kind = 'charge' AND quotas THEN
          ${TAKE_QUOTA_FOR_CHARGE}
        END IF;
      ELSIF c.kind = 'fail' THEN
        outcome := 'failed';
      ELSIF c.kind = 'rate' THEN
        UPDATE billing_usage_events
        SET status = 'pending', usage_items = c.usage -> 'items', total_cost = c.amount, error_message = NULL, retry_at = NULL
        WHERE tenant_id = p_tenant AND wallet_id = p_wallet AND id = c.reference_id AND status = 'failed';
        answers := answers
          || ROW(c.place, CASE WHEN FOUND THEN 'rated' ELSE 'ended' END, NULL, NULL, NULL, NULL, NULL, NULL)::posting_answer;
        CONTINUE;
      ELSIF c.kind = 'void' THEN
        SELECT * INTO v FROM billing_usage_events WHERE tenant_id = p_tenant AND wallet_id = p_wallet AND id = c.reference_id;
        outcome := CASE WHEN v.id IS NULL THEN 'not_found' WHEN v.status = 'voided' THEN 'ended'
          WHEN v.status <> 'charged' THEN 'voided' WHEN w.current_balance + v.total_cost >= 100000000000000 THEN 'limit'
          ELSE 'posted' END;
        IF outcome IN ('posted', 'voided') THEN
          UPDATE billing_usage_events
          SET status = 'voided', voided_at = p_now, voided_by = c.created_by, void_reason = c.description, retry_at = NULL,
              reversal_transaction_id = CASE status WHEN 'charged' THEN c.id END, waits_for = NULL, quota_at = NULL
          WHERE tenant_id = p_tenant AND id = v.id;
          IF v.quota_at IS NOT NULL THEN
            PERFORM return_quota(p_tenant, v.feature_key, v.total_quantity, v.quota_at);
          END IF;
        END IF;
        person := v.user_id;
        moved := v.total_cost;
        type := 'reversal';
      ELSIF c.kind IN ('topup', 'credit', 'adjustment', 'refund', 'reinstatement') THEN
        moved := CASE c.kind WHEN 'refund' THEN -c.amount ELSE c.amount END;
        IF w.current_balance + moved < w.reserved_balance THEN
          outcome := 'insufficient';
          available := w.current_balance - w.reserved_balance;
        ELSIF w.current_balance + moved >= 100000000000000 THEN
          outcome := 'limit';
        END IF;
      ELSIF c.kind = 'expire' THEN
        IF lot_id IS NOT NULL THEN
          UPDATE billing_credit_lots SET remaining = lot_left WHERE tenant_id = p_tenant AND id = lot_id;
        END IF;
        SELECT id, remaining INTO STRICT lot_id, lot_left FROM billing_credit_lots WHERE tenant_id = p_tenant AND id = c.reference_id;
        moved := -least(lot_left, w.current_balance - w.reserved_balance);
        type := 'expiry';
        -- What is held stays spendable for its holder; the rest of the lot expires when it is free again.
        IF moved = 0 THEN
          lot_id := NULL;
          lot_left := NULL;
          CONTINUE;
        END IF;
        c.key := c.key || ':' || w.last_seq + 1;
      ELSE
        m := move_reservation(ROW(c.place, c.kind, c.id, c.key, c.hash, c.amount, c.reference_type, c.reference_id, c.created_by,
          c.description, c.reservation_id, c.parent_id, c.until, c.close, c.source, c.priority, c.usage, c.feature, c.quantity)::posting_command,
          p_tenant, p_wallet, p_now, w.current_balance - w.reserved_balance, p_cause);
        person := m.owner;
        outcome := m.outcome;
        available := m.available;
        state := m.state;
        moved := m.amount;
        held := m.reserved;
        reservation := (m.state ->> 'reservationId')::uuid;
        type := CASE c.kind WHEN 'capture' THEN 'debit' WHEN 'release' THEN 'release' WHEN 'lapse' THEN 'release'
          ELSE 'reservation' END;
        c.reference_id := reservation;
      END IF;`;

/** Keeps the usage that a command tells of, and ends here with whatever is not posted: some refusals are kept for ever. */
export const SET_ASIDE = `
      IF c.kind IN ('usage', 'fail') AND outcome <> 'closed' THEN
        uses := uses || ROW(
          c.usage ->> 'id', p_tenant, p_wallet, c.created_by, c.usage ->> 'feature', c.usage -> 'items', c.usage ->> 'quantity',
          c.amount, w.currency,
          -- status, ledger_transaction_id, charged_at
          CASE outcome WHEN 'posted' THEN 'charged' WHEN 'failed' THEN 'failed' ELSE 'pending' END,
          CASE outcome WHEN 'posted' THEN c.id END, CASE outcome WHEN 'posted' THEN p_now END,
          c.key, c.usage ->> 'reference',
          -- error_message, retry_count
          coalesce(c.usage ->> 'failure', CASE outcome WHEN 'awaits_quota' THEN state ->> 'text' END), 0,
          c.usage ->> 'occurredAt', c.usage -> 'metadata', p_now, p_now, c.hash,
          -- quota_at, waits_for
          CASE WHEN counted THEN p_now ELSE (c.usage ->> 'quotaAt')::timestamptz END,
          CASE outcome WHEN 'pending' THEN 'funds' WHEN 'awaits_quota' THEN 'quota' END,
          c.usage ->> 'source', c.usage ->> 'retryAt', c.usage ->> 'corrects',
          -- reversal_transaction_id, voided_at, voided_by, void_reason
          NULL, NULL, NULL, NULL)::billing_usage_events;
        c.created_by := NULL;
      END IF;
      IF outcome <> 'posted' THEN
        IF outcome = 'awaits_quota' THEN
          awaited := least(awaited, coalesce((state ->> 'resetsAt')::timestamptz, 'infinity'));
        END IF;
        IF outcome NOT IN ('pending', 'failed', 'frozen', 'closed', 'awaits_quota') AND c.place >= 0 THEN
          INSERT INTO billing_refusals (tenant_id, idempotency_key, wallet_id, request_hash, outcome, available, detail, created_at)
          VALUES (p_tenant, c.key, p_wallet, c.hash, outcome, available, state, p_now);
        END IF;
        IF c.place >= 0 THEN
          answers := answers || ROW(c.place, outcome, NULL, NULL, NULL, NULL, available, state)::posting_answer;
        END IF;
        CONTINUE;
      END IF;`;

/**
 * Adds a lot for what came in, gives back to its lots what is reversed, or takes what went out from the lots in their order. Nearly
 * always one lot pays for all of it: the posting itself names it then, and nothing more is written.
 */
export const DRAIN = `
      w.last_seq := w.last_seq + 1;
      spent := NULL;
      IF moved > 0 AND lot_id IS NOT NULL THEN
        UPDATE billing_credit_lots SET remaining = lot_left WHERE tenant_id = p_tenant AND id = lot_id;
        lot_id := NULL;
        lot_left := NULL;
      END IF;
      IF type = 'reversal' THEN
        WITH taken AS (
          SELECT x.lot_id, x.amount
          FROM billing_ledger_transactions t
          JOIN lot_draws x ON x.wallet_id = p_wallet AND x.wallet_seq = t.wallet_seq
          WHERE t.tenant_id = p_tenant AND t.id = v.ledger_transaction_id
        ), given AS (
          UPDATE billing_credit_lots g SET remaining = g.remaining + taken.amount FROM taken
          WHERE g.tenant_id = p_tenant AND g.id = taken.lot_id
        )
        INSERT INTO lot_consumptions SELECT p_tenant, p_wallet, w.last_seq, taken.lot_id, -taken.amount FROM taken;
      ELSIF moved > 0 THEN
        INSERT INTO billing_credit_lots (id, tenant_id, wallet_id, wallet_seq, source, priority, granted, remaining, expires_at, created_at)
        VALUES (c.id, p_tenant, p_wallet, w.last_seq, c.source, c.priority, moved, moved, c.until, p_now);
      ELSIF c.kind = 'refund' THEN
        -- Money that goes back is first taken from what it came as.
        IF lot_id IS NOT NULL THEN
          UPDATE billing_credit_lots SET remaining = lot_left WHERE tenant_id = p_tenant AND id = lot_id;
        END IF;
        SELECT id, remaining INTO STRICT lot_id, lot_left
        FROM billing_credit_lots WHERE tenant_id = p_tenant AND wallet_id = p_wallet AND id = c.parent_id;
      END IF;
      need := -moved;
      WHILE need > 0 LOOP
        IF lot_left IS NULL OR lot_left = 0 THEN
          IF lot_id IS NOT NULL THEN
            UPDATE billing_credit_lots SET remaining = 0 WHERE tenant_id = p_tenant AND id = lot_id;
          END IF;
          SELECT id, remaining INTO STRICT lot_id, lot_left FROM billing_credit_lots
          WHERE wallet_id = p_wallet AND spendable
          ORDER BY priority, expires_at, wallet_seq LIMIT 1;
        END IF;
        took := least(need, lot_left);
        IF took = -moved THEN
          spent := lot_id;
        ELSE
          draws := draws || ROW(p_tenant, p_wallet, w.last_seq, lot_id, took)::lot_consumptions;
        END IF;
        lot_left := lot_left - took;
        need := need - took;
      END LOOP;
      IF c.kind IN ('expire', 'refund') THEN
        UPDATE billing_credit_lots SET remaining = lot_left WHERE tenant_id = p_tenant AND id = lot_id;
        lot_id := NULL;
        lot_left := NULL;
      END IF;`;

/** Gives a posting its place in ledger and chain. */
export const WRITE_DOWN = `
      l := ROW(
        c.id, p_tenant, p_wallet, w.last_seq, type, moved, w.current_balance, w.current_balance + moved, c.reference_type,
        c.reference_id, c.key, c.hash, c.created_by, c.description, coalesce(state, '{}'), p_now,
        held, w.reserved_balance, w.reserved_balance + held,
        CASE type
          WHEN 'debit' THEN CASE c.reference_type WHEN 'invoice' THEN 'tax' ELSE 'revenue' END
          WHEN 'reversal' THEN 'revenue'
          WHEN 'credit' THEN CASE c.reference_type WHEN 'invoice' THEN 'tax' WHEN 'credit_note' THEN 'revenue' ELSE 'promotions' END
          WHEN 'adjustment' THEN 'adjustments'
          WHEN 'expiry' THEN 'breakage'
          WHEN 'reservation' THEN 'held'
          WHEN 'release' THEN 'held'
          ELSE 'cash' END,
        reservation, NULL, spent)::billing_ledger_transactions;
      w.head_hash := sha256(w.head_hash || convert_to(ledger_leaf(l), 'UTF8'));
      l.hash := w.head_hash;
      ledger := ledger || l;
      w.current_balance := l.balance_after;
      w.reserved_balance := l.reserved_after;
      IF c.kind = 'charge' THEN
        paid_usage := paid_usage || c.reference_id;
        paid_by := paid_by || c.id;
      END IF;
      IF c.place >= 0 THEN
        answers := answers || ROW(c.place, outcome, c.id, w.last_seq, w.current_balance, w.reserved_balance, available,
          l.metadata)::posting_answer;
      END IF;`;

/** Writes the rows of the batch, and what the wallet, its counter-accounts and its listeners learn of it. */
export const CLOSE_BATCH = `
    IF alone AND w.current_balance < balance AND (w.current_balance < w.low_balance_threshold
        OR w.current_balance < w.auto_top_up_below AND balance >= w.auto_top_up_below) THEN
      RAISE EXCEPTION 'the balance crossed a mark' USING ERRCODE = '${GOES_THE_LONG_WAY}';
    END IF;
    IF cardinality(ledger) > 0 THEN
      w.event_version := greatest(w.event_version, p_version) + 1;
      WITH posted AS (
        INSERT INTO billing_ledger_transactions SELECT * FROM unnest(ledger) RETURNING counter_account, amount
      ), drawn AS (
        INSERT INTO lot_consumptions SELECT * FROM unnest(draws)
      ), drained AS (
        UPDATE billing_credit_lots SET remaining = lot_left
        WHERE tenant_id = p_tenant AND id = lot_id AND remaining <> lot_left
      ), countered AS (
        INSERT INTO billing_accounts AS x (tenant_id, currency, account, balance)
        SELECT p_tenant, w.currency, counter_account, -sum(amount)
        FROM posted
        WHERE counter_account <> 'held'
        GROUP BY counter_account
        HAVING sum(amount) <> 0
        ON CONFLICT (tenant_id, currency, account) DO UPDATE SET balance = x.balance + excluded.balance
      ), announced AS (
        INSERT INTO domain_events (id, tenant_id, event_type, aggregate_type, aggregate_id, payload, metadata)
        VALUES (p_event, p_tenant, 'billing.wallet.posted', 'wallet', p_wallet,
          jsonb_build_object('walletId', p_wallet, 'fromSeq', w.last_seq - cardinality(ledger) + 1, 'toSeq', w.last_seq,
            'hash', encode(w.head_hash, 'hex'), 'balance', w.current_balance::text, 'reserved', w.reserved_balance::text,
            'currency', w.currency),
          p_cause || jsonb_build_object('version', w.event_version))
      )
      UPDATE billing_wallets
      SET current_balance = w.current_balance, reserved_balance = w.reserved_balance, last_seq = w.last_seq,
          head_hash = w.head_hash, last_posted_at = p_now, event_version = w.event_version
      WHERE tenant_id = p_tenant AND id = p_wallet;

      INSERT INTO wallet_upkeep AS k (wallet_id, tenant_id, last_seq, expires_next)
      VALUES (p_wallet, p_tenant, w.last_seq, least(
        (SELECT min(expires_at) FROM billing_reservations WHERE wallet_id = p_wallet AND status = 'open'),
        -- A lot that is held whole waits for what holds it.
        (SELECT min(expires_at) FROM billing_credit_lots
         WHERE wallet_id = p_wallet AND spendable AND expires_at IS NOT NULL
           AND (w.current_balance > w.reserved_balance OR expires_at > p_now))))
      ON CONFLICT (wallet_id) DO UPDATE SET last_seq = excluded.last_seq, expires_next = excluded.expires_next;

      IF expired THEN
        PERFORM announce(p_tenant, 'billing.credit.expired', 'credit', x.reference_id, x.wallet_seq, p_cause,
          jsonb_build_object('walletId', p_wallet, 'creditLotId', x.reference_id, 'ledgerTransactionId', x.id,
            'amount', (-x.amount)::text, 'balance', x.balance_after::text, 'currency', w.currency))
        FROM unnest(ledger) x WHERE x.transaction_type = 'expiry';
      END IF;
    END IF;
    IF cardinality(uses) > 0 THEN INSERT INTO billing_usage_events SELECT * FROM unnest(uses); END IF;
    IF cardinality(paid_usage) > 0 THEN
      UPDATE billing_usage_events e
      SET status = 'charged', ledger_transaction_id = paid.ledger_id, charged_at = p_now, waits_for = NULL, error_message = NULL,
          quota_at = CASE WHEN e.id = ANY (counted_usage) THEN p_now ELSE e.quota_at END
      FROM unnest(paid_usage, paid_by) AS paid (id, ledger_id)
      WHERE e.tenant_id = p_tenant AND e.id = paid.id AND e.status = 'pending';
      GET DIAGNOSTICS changed = ROW_COUNT;
      IF changed <> cardinality(paid_usage) THEN RAISE EXCEPTION 'only pending usage is charged'; END IF;
    END IF;
    IF awaited IS NOT NULL THEN
      INSERT INTO limit_upkeep AS k (tenant_id, quota_due) VALUES (p_tenant, awaited)
      ON CONFLICT (tenant_id) DO UPDATE SET quota_due = least(k.quota_due, excluded.quota_due);
    END IF;
    RETURN json_build_object('balance', w.current_balance::text, 'reserved', w.reserved_balance::text,
      'version', w.event_version, 'posted', cardinality(ledger), 'answers', array_to_json(answers));`;
