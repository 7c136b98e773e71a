import { TAKE_QUOTA_FOR_CHARGE, TAKE_QUOTA_FOR_USAGE } from './post-batch-limits.js';

// The steps of post_batch(), in order: what becomes of a command, its rows, its lots, and the end of the batch. They share the
// variables that the function declares; a call per command would cost more than the decision.

/** Says what becomes of one command. */
export const DECIDE = `
      l := NULL;
      a := NULL;
      a.place := c.place;
      IF c.prior_outcome IS NOT NULL THEN
        -- Usage that was recorded before its input was hashed is taken as it is.
        a.outcome := CASE WHEN c.prior_hash = c.hash OR c.prior_hash IS NULL OR c.kind = 'charge' THEN c.prior_outcome ELSE 'conflict' END;
        IF a.outcome <> 'conflict' THEN
          a."ledgerId" := c.prior_id;
          a.seq := c.prior_seq;
          a.balance := c.prior_balance;
          a.reserved := c.prior_reserved;
          a.available := c.prior_available;
          a.state := c.prior_state;
        END IF;
        answers := answers || a;
        CONTINUE;
      END IF;

      l.reserved_amount := 0;
      l.metadata := '{}';
      l.transaction_type := c.kind;
      a.outcome := 'posted';
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
      IF a.outcome = 'awaits_quota' THEN
        NULL;
      -- A suspended wallet takes money in, and pays what it was suspended for; it spends nothing else.
      ELSIF w.status NOT IN ('active', 'suspended') OR (w.status = 'suspended' AND c.reference_type <> 'invoice'
          AND c.kind IN ('debit', 'usage', 'charge', 'reserve', 'extend')) THEN
        a.outcome := CASE WHEN c.kind NOT IN ('usage', 'fail') THEN 'frozen' WHEN w.status = 'closed' THEN 'closed'
          WHEN c.kind = 'fail' THEN 'failed' ELSE 'pending' END;
      ELSIF c.kind IN ('debit', 'usage', 'charge') THEN
        l.amount := -c.amount;
        l.transaction_type := 'debit';
        IF c.kind = 'usage' AND waits OR c.kind = 'charge' AND blocked THEN
          a.outcome := 'pending';
        ELSIF w.current_balance + l.amount < w.reserved_balance THEN
          a.outcome := CASE c.kind WHEN 'debit' THEN 'insufficient' ELSE 'pending' END;
          a.available := w.current_balance - w.reserved_balance;
          waits := waits OR c.kind <> 'debit';
          blocked := blocked OR c.kind <> 'debit';
        ELSIF c.kind = 'charge' AND quotas THEN
          ${TAKE_QUOTA_FOR_CHARGE}
        END IF;
      ELSIF c.kind = 'fail' THEN
        a.outcome := 'failed';
      ELSIF c.kind = 'rate' THEN
        UPDATE billing_usage_events
        SET status = 'pending', usage_items = c.usage -> 'items', total_cost = c.amount, error_message = NULL, retry_at = NULL
        WHERE tenant_id = p_tenant AND wallet_id = p_wallet AND id = c.reference_id AND status = 'failed';
        a.outcome := CASE WHEN FOUND THEN 'rated' ELSE 'ended' END;
        answers := answers || a;
        CONTINUE;
      ELSIF c.kind = 'void' THEN
        SELECT * INTO v FROM billing_usage_events WHERE tenant_id = p_tenant AND wallet_id = p_wallet AND id = c.reference_id;
        a.outcome := CASE WHEN v.id IS NULL THEN 'not_found' WHEN v.status = 'voided' THEN 'ended'
          WHEN v.status <> 'charged' THEN 'voided' WHEN w.current_balance + v.total_cost >= 100000000000000 THEN 'limit'
          ELSE 'posted' END;
        IF a.outcome IN ('posted', 'voided') THEN
          UPDATE billing_usage_events
          SET status = 'voided', voided_at = p_now, voided_by = c.created_by, void_reason = c.description, retry_at = NULL,
              reversal_transaction_id = CASE status WHEN 'charged' THEN c.id END, waits_for = NULL, quota_at = NULL
          WHERE tenant_id = p_tenant AND id = v.id;
          IF v.quota_at IS NOT NULL THEN
            PERFORM return_quota(p_tenant, v.feature_key, v.total_quantity, v.quota_at);
          END IF;
        END IF;
        person := v.user_id;
        l.amount := v.total_cost;
        l.transaction_type := 'reversal';
      ELSIF c.kind IN ('topup', 'credit', 'adjustment', 'refund', 'reinstatement') THEN
        l.amount := CASE c.kind WHEN 'refund' THEN -c.amount ELSE c.amount END;
        IF w.current_balance + l.amount < w.reserved_balance THEN
          a.outcome := 'insufficient';
          a.available := w.current_balance - w.reserved_balance;
        ELSIF w.current_balance + l.amount >= 100000000000000 THEN
          a.outcome := 'limit';
        END IF;
      ELSIF c.kind = 'expire' THEN
        IF lot.id IS NOT NULL THEN
          UPDATE billing_credit_lots SET remaining = lot.remaining WHERE tenant_id = p_tenant AND id = lot.id;
        END IF;
        SELECT * INTO STRICT lot FROM billing_credit_lots WHERE tenant_id = p_tenant AND id = c.reference_id;
        l.amount := -least(lot.remaining, w.current_balance - w.reserved_balance);
        l.transaction_type := 'expiry';
        -- What is held stays spendable for its holder; the rest of the lot expires when it is free again.
        IF l.amount = 0 THEN
          lot := NULL;
          CONTINUE;
        END IF;
        c.key := c.key || ':' || w.last_seq + 1;
      ELSE
        m := move_reservation(ROW(c.place, c.kind, c.id, c.key, c.hash, c.amount, c.reference_type, c.reference_id, c.created_by,
          c.description, c.reservation_id, c.parent_id, c.until, c.close, c.source, c.priority, c.usage, c.feature, c.quantity)::posting_command,
          p_tenant, p_wallet, p_now, w.current_balance - w.reserved_balance, p_cause);
        person := m.owner;
        a.outcome := m.outcome;
        a.available := m.available;
        a.state := m.state;
        l.amount := m.amount;
        l.reserved_amount := m.reserved;
        l.reservation_id := (m.state ->> 'reservationId')::uuid;
        l.metadata := m.state;
        l.transaction_type := CASE c.kind WHEN 'capture' THEN 'debit' WHEN 'release' THEN 'release' WHEN 'lapse' THEN 'release'
          ELSE 'reservation' END;
        c.reference_id := l.reservation_id;
      END IF;`;

/** Makes the rows of a decided command: usage, refusal, or its place in ledger and chain. */
export const WRITE_DOWN = `
      IF c.kind IN ('usage', 'fail') AND a.outcome <> 'closed' THEN
        u.id := c.usage ->> 'id';
        u.tenant_id := p_tenant;
        u.wallet_id := p_wallet;
        u.user_id := c.created_by;
        u.feature_key := c.usage ->> 'feature';
        u.usage_items := c.usage -> 'items';
        u.total_quantity := c.usage ->> 'quantity';
        u.total_cost := c.amount;
        u.currency := w.currency;
        u.status := CASE a.outcome WHEN 'posted' THEN 'charged' WHEN 'failed' THEN 'failed' ELSE 'pending' END;
        u.ledger_transaction_id := CASE a.outcome WHEN 'posted' THEN c.id END;
        u.charged_at := CASE a.outcome WHEN 'posted' THEN p_now END;
        u.idempotency_key := c.key;
        u.external_reference_id := c.usage ->> 'reference';
        u.retry_count := 0;
        u.retry_at := c.usage ->> 'retryAt';
        u.source := c.usage ->> 'source';
        u.corrects_id := c.usage ->> 'corrects';
        u.occurred_at := c.usage ->> 'occurredAt';
        u.metadata := c.usage -> 'metadata';
        u.created_at := p_now;
        u.updated_at := p_now;
        u.request_hash := c.hash;
        u.waits_for := CASE a.outcome WHEN 'pending' THEN 'funds' WHEN 'awaits_quota' THEN 'quota' END;
        u.error_message := coalesce(c.usage ->> 'failure', CASE a.outcome WHEN 'awaits_quota' THEN a.state ->> 'text' END);
        u.quota_at := CASE WHEN counted THEN p_now ELSE (c.usage ->> 'quotaAt')::timestamptz END;
        uses := uses || u;
        c.created_by := NULL;
      END IF;
      IF a.outcome <> 'posted' THEN
        IF a.outcome = 'awaits_quota' THEN
          awaited := least(awaited, coalesce((a.state ->> 'resetsAt')::timestamptz, 'infinity'));
        END IF;
        IF a.outcome NOT IN ('pending', 'failed', 'frozen', 'closed', 'awaits_quota') AND c.place >= 0 THEN
          INSERT INTO billing_refusals (tenant_id, idempotency_key, wallet_id, request_hash, outcome, available, detail, created_at)
          VALUES (p_tenant, c.key, p_wallet, c.hash, a.outcome, a.available::numeric, a.state, p_now);
        END IF;
        IF c.place >= 0 THEN answers := answers || a; END IF;
        CONTINUE;
      END IF;

      w.last_seq := w.last_seq + 1;
      l.id := c.id;
      l.tenant_id := p_tenant;
      l.wallet_id := p_wallet;
      l.wallet_seq := w.last_seq;
      l.balance_before := w.current_balance;
      l.reserved_before := w.reserved_balance;
      w.current_balance := w.current_balance + l.amount;
      w.reserved_balance := w.reserved_balance + l.reserved_amount;
      l.balance_after := w.current_balance;
      l.reserved_after := w.reserved_balance;
      l.reference_type := c.reference_type;
      l.reference_id := c.reference_id;
      l.idempotency_key := c.key;
      l.request_hash := c.hash;
      l.created_by := c.created_by;
      l.description := c.description;
      l.created_at := p_now;
      CASE l.transaction_type
        WHEN 'debit' THEN
          IF l.reference_type = 'invoice' THEN l.counter_account := 'tax'; tax := tax - l.amount;
          ELSE l.counter_account := 'revenue'; revenue := revenue - l.amount; END IF;
        WHEN 'reversal' THEN l.counter_account := 'revenue'; revenue := revenue - l.amount;
        WHEN 'topup', 'refund', 'reinstatement' THEN l.counter_account := 'cash'; cash := cash - l.amount;
        WHEN 'credit' THEN
          CASE l.reference_type
            WHEN 'invoice' THEN l.counter_account := 'tax'; tax := tax - l.amount;
            WHEN 'credit_note' THEN l.counter_account := 'revenue'; revenue := revenue - l.amount;
            ELSE l.counter_account := 'promotions'; promotions := promotions - l.amount;
          END CASE;
        WHEN 'adjustment' THEN l.counter_account := 'adjustments'; adjustments := adjustments - l.amount;
        WHEN 'expiry' THEN l.counter_account := 'breakage'; breakage := breakage - l.amount;
        ELSE l.counter_account := 'held';
      END CASE;
      w.head_hash := sha256(w.head_hash || convert_to(ledger_leaf(l), 'UTF8'));
      l.hash := w.head_hash;
      ledger := ledger || l;
      IF c.kind = 'charge' THEN
        paid_usage := paid_usage || c.reference_id;
        paid_by := paid_by || c.id;
      END IF;`;

/** Adds a lot for what came in, gives back to its lots what is reversed, or takes what went out from the lots in their order. */
export const DRAIN = `
      IF l.amount > 0 THEN
        IF lot.id IS NOT NULL THEN
          UPDATE billing_credit_lots SET remaining = lot.remaining WHERE tenant_id = p_tenant AND id = lot.id;
          lot := NULL;
        END IF;
      END IF;
      IF l.transaction_type = 'reversal' THEN
        WITH taken AS (
          SELECT x.lot_id, x.amount
          FROM billing_ledger_transactions t
          JOIN lot_consumptions x ON x.wallet_id = p_wallet AND x.wallet_seq = t.wallet_seq
          WHERE t.tenant_id = p_tenant AND t.id = v.ledger_transaction_id
        ), given AS (
          UPDATE billing_credit_lots g SET remaining = g.remaining + taken.amount FROM taken
          WHERE g.tenant_id = p_tenant AND g.id = taken.lot_id
        )
        INSERT INTO lot_consumptions SELECT p_tenant, p_wallet, w.last_seq, lot_id, -amount FROM taken;
      ELSIF l.amount > 0 THEN
        INSERT INTO billing_credit_lots (id, tenant_id, wallet_id, wallet_seq, source, priority, granted, remaining, expires_at, created_at)
        VALUES (c.id, p_tenant, p_wallet, w.last_seq, c.source, c.priority, l.amount, l.amount, c.until, p_now);
      END IF;
      need := -l.amount;
      IF c.kind = 'refund' THEN
        -- Money that goes back is first taken from what it came as.
        IF lot.id IS NOT NULL THEN
          UPDATE billing_credit_lots SET remaining = lot.remaining WHERE tenant_id = p_tenant AND id = lot.id;
        END IF;
        SELECT * INTO STRICT lot FROM billing_credit_lots WHERE tenant_id = p_tenant AND wallet_id = p_wallet AND id = c.parent_id;
      END IF;
      WHILE need > 0 LOOP
        IF lot.remaining IS NULL OR lot.remaining = 0 THEN
          IF lot.id IS NOT NULL THEN
            UPDATE billing_credit_lots SET remaining = 0 WHERE tenant_id = p_tenant AND id = lot.id;
          END IF;
          SELECT * INTO STRICT lot FROM billing_credit_lots
          WHERE wallet_id = p_wallet AND remaining > 0
          ORDER BY priority, expires_at, wallet_seq LIMIT 1;
        END IF;
        d.amount := least(need, lot.remaining);
        d.tenant_id := p_tenant;
        d.wallet_id := p_wallet;
        d.wallet_seq := w.last_seq;
        d.lot_id := lot.id;
        draws := draws || d;
        lot.remaining := lot.remaining - d.amount;
        need := need - d.amount;
      END LOOP;
      IF c.kind IN ('expire', 'refund') THEN
        UPDATE billing_credit_lots SET remaining = lot.remaining WHERE tenant_id = p_tenant AND id = lot.id;
        lot := NULL;
      END IF;

      a."ledgerId" := l.id;
      a.seq := l.wallet_seq;
      a.balance := l.balance_after;
      a.reserved := l.reserved_after;
      a.state := l.metadata;
      IF c.place >= 0 THEN answers := answers || a; END IF;`;

/** Writes the rows of the batch, and what the wallet, its counter-accounts and its listeners learn of it. */
export const CLOSE_BATCH = `
    IF lot.id IS NOT NULL THEN
      UPDATE billing_credit_lots SET remaining = lot.remaining WHERE tenant_id = p_tenant AND id = lot.id;
    END IF;
    IF cardinality(ledger) > 0 THEN INSERT INTO billing_ledger_transactions SELECT * FROM unnest(ledger); END IF;
    IF cardinality(draws) > 0 THEN INSERT INTO lot_consumptions SELECT * FROM unnest(draws); END IF;
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
    IF cardinality(ledger) > 0 THEN
      INSERT INTO billing_accounts AS x (tenant_id, currency, account, balance)
      SELECT p_tenant, w.currency, s.account, s.amount
      FROM (VALUES ('adjustments', adjustments), ('breakage', breakage), ('cash', cash), ('promotions', promotions),
                   ('revenue', revenue), ('tax', tax)) AS s (account, amount)
      WHERE s.amount <> 0
      ON CONFLICT (tenant_id, currency, account) DO UPDATE SET balance = x.balance + excluded.balance;

      w.event_version := greatest(w.event_version, p_version) + 1;
      UPDATE billing_wallets
      SET current_balance = w.current_balance, reserved_balance = w.reserved_balance, last_seq = w.last_seq,
          head_hash = w.head_hash, last_posted_at = p_now, event_version = w.event_version
      WHERE tenant_id = p_tenant AND id = p_wallet;

      INSERT INTO wallet_upkeep AS k (wallet_id, tenant_id, last_seq, expires_next)
      VALUES (p_wallet, p_tenant, w.last_seq, least(
        (SELECT min(expires_at) FROM billing_reservations WHERE wallet_id = p_wallet AND status = 'open'),
        -- A lot that is held whole waits for what holds it.
        (SELECT min(expires_at) FROM billing_credit_lots
         WHERE wallet_id = p_wallet AND remaining > 0 AND expires_at IS NOT NULL
           AND (w.current_balance > w.reserved_balance OR expires_at > p_now))))
      ON CONFLICT (wallet_id) DO UPDATE SET last_seq = excluded.last_seq, expires_next = excluded.expires_next;

      INSERT INTO domain_events (id, tenant_id, event_type, aggregate_type, aggregate_id, payload, metadata)
      VALUES (p_event, p_tenant, 'billing.wallet.posted', 'wallet', p_wallet,
        jsonb_build_object('walletId', p_wallet, 'fromSeq', w.last_seq - cardinality(ledger) + 1, 'toSeq', w.last_seq,
          'hash', encode(w.head_hash, 'hex'), 'balance', w.current_balance::text, 'reserved', w.reserved_balance::text,
          'currency', w.currency),
        p_cause || jsonb_build_object('version', w.event_version));
      IF breakage <> 0 THEN
        PERFORM announce(p_tenant, 'billing.credit.expired', 'credit', x.reference_id, x.wallet_seq, p_cause,
          jsonb_build_object('walletId', p_wallet, 'creditLotId', x.reference_id, 'ledgerTransactionId', x.id,
            'amount', (-x.amount)::text, 'balance', x.balance_after::text, 'currency', w.currency))
        FROM unnest(ledger) x WHERE x.transaction_type = 'expiry';
      END IF;
    END IF;
    RETURN json_build_object('balance', w.current_balance::text, 'reserved', w.reserved_balance::text,
      'version', w.event_version, 'posted', cardinality(ledger), 'answers', array_to_json(answers));`;
