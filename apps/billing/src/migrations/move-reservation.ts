/** What a command on a reservation changes: `amount` of the balance, `reserved` of what the wallet holds, and its new state. */
export const RESERVATION_MOVE = `
  CREATE TYPE reservation_move AS (outcome text, amount numeric(20,6), reserved numeric(20,6), available numeric(20,6), state jsonb,
    owner uuid)`;

/**
 * Decides a command on a reservation and writes its row; the wallet is locked already, and `p_available` is what it has left.
 * A budget's own money is what is neither captured, released nor allotted to reservations drawn from it.
 */
export const MOVE_RESERVATION = `
  CREATE FUNCTION move_reservation(c posting_command, p_tenant uuid, p_wallet uuid, p_now timestamptz, p_available numeric,
    p_cause jsonb)
  RETURNS reservation_move LANGUAGE plpgsql VOLATILE AS $$
  DECLARE
    r billing_reservations;
    budget billing_reservations;
    m reservation_move;
    own numeric(20,6);
    rest numeric(20,6) := 0;
    unused numeric(20,6);
    taken record;
  BEGIN
    IF c.kind = 'reserve' THEN
      r.id := c.id;
      r.parent_id := c.parent_id;
      r.authorized := 0;
      r.captured := 0;
      r.released := 0;
      r.allotted := 0;
      r.status := 'open';
      r.expires_at := c.until;
      r.created_by := c.created_by;
      r.created_at := p_now;
    ELSE
      SELECT * INTO r FROM billing_reservations WHERE tenant_id = p_tenant AND wallet_id = p_wallet AND id = c.reservation_id;
      IF NOT FOUND THEN
        m.outcome := 'not_found';
        RETURN m;
      END IF;
      IF r.status <> 'open' THEN
        m.outcome := CASE r.status WHEN 'expired' THEN 'expired' ELSE 'ended' END;
        RETURN m;
      END IF;
    END IF;
    IF r.parent_id IS NOT NULL THEN
      SELECT * INTO budget FROM billing_reservations WHERE tenant_id = p_tenant AND wallet_id = p_wallet AND id = r.parent_id;
      -- What is drawn from a budget is no budget itself: two levels say all that campaigns and their calls need.
      IF NOT FOUND OR budget.parent_id IS NOT NULL THEN
        m.outcome := 'not_found';
        RETURN m;
      END IF;
      -- A budget may end before what was drawn from it and is spent, but still open; that must end in its turn all the same.
      IF budget.status <> 'open' AND c.kind <> 'lapse' THEN
        m.outcome := CASE budget.status WHEN 'expired' THEN 'expired' ELSE 'ended' END;
        RETURN m;
      END IF;
      p_available := budget.authorized - budget.captured - budget.released - budget.allotted;
    END IF;

    -- What is drawn from a budget is spent by whoever holds the budget.
    m.owner := CASE WHEN r.parent_id IS NULL THEN r.created_by ELSE budget.created_by END;
    m.amount := 0;
    m.reserved := 0;
    own := r.authorized - r.captured - r.released - r.allotted;
    IF c.kind IN ('reserve', 'extend') THEN
      IF c.amount > p_available THEN
        m.outcome := 'insufficient';
        m.available := p_available;
        RETURN m;
      END IF;
      IF r.parent_id IS NULL AND c.amount > 0 AND m.owner IS NOT NULL THEN
        SELECT x.balance INTO m.available FROM current_credit(p_tenant, m.owner, p_now) x;
        IF c.amount > m.available THEN
          m.outcome := 'allowance';
          RETURN m;
        END IF;
        m.available := NULL;
      END IF;
      IF c.quantity IS NOT NULL THEN
        IF c.kind = 'reserve' THEN r.feature_key := c.feature; END IF;
        taken := take_quota(p_tenant, r.feature_key, c.quantity, r.created_at, p_cause);
        IF taken.refused IS NOT NULL THEN
          m.outcome := 'quota';
          m.state := taken.refused;
          RETURN m;
        END IF;
        IF taken.counted THEN r.quantity := coalesce(r.quantity, 0) + c.quantity; END IF;
        IF r.quantity IS NULL THEN r.feature_key := NULL; END IF;
      END IF;
      r.authorized := r.authorized + c.amount;
      r.expires_at := least(greatest(r.expires_at, c.until), budget.expires_at);
      budget.allotted := budget.allotted + c.amount;
      m.reserved := CASE WHEN r.parent_id IS NULL THEN c.amount ELSE 0 END;
    ELSE
      IF c.amount > own THEN
        m.outcome := 'exceeded';
        m.available := own;
        RETURN m;
      END IF;
      IF c.close AND r.allotted > 0 THEN
        m.outcome := 'in_use';
        RETURN m;
      END IF;
      -- What was not used of a quota goes back: all of it when nothing was captured, else what the capture says.
      IF c.close AND r.quantity IS NOT NULL THEN
        IF c.quantity > r.quantity THEN
          m.outcome := 'exceeded';
          m.available := r.quantity;
          RETURN m;
        END IF;
        unused := CASE WHEN c.kind = 'capture' THEN r.quantity - c.quantity WHEN r.captured = 0 THEN r.quantity END;
        IF unused > 0 THEN
          PERFORM return_quota(p_tenant, r.feature_key, unused, r.created_at);
          r.quantity := r.quantity - unused;
        END IF;
      END IF;
      IF c.kind = 'capture' THEN
        r.captured := r.captured + c.amount;
        m.amount := -c.amount;
        rest := CASE WHEN c.close THEN own - c.amount ELSE 0 END;
        budget.captured := budget.captured + c.amount;
      ELSE
        rest := CASE WHEN c.close THEN own ELSE c.amount END;
      END IF;
      r.released := r.released + rest;
      budget.allotted := budget.allotted - rest + m.amount;
      m.reserved := m.amount - CASE WHEN r.parent_id IS NULL THEN rest ELSE 0 END;
      IF c.close THEN
        r.ended_at := p_now;
        r.status := CASE WHEN c.kind = 'lapse' THEN 'expired' WHEN c.kind = 'capture' THEN 'captured' ELSE 'released' END;
      END IF;
    END IF;

    IF c.kind = 'reserve' THEN
      INSERT INTO billing_reservations (id, tenant_id, wallet_id, parent_id, authorized, purpose, created_by, expires_at, created_at,
        feature_key, quantity)
      VALUES (r.id, p_tenant, p_wallet, r.parent_id, r.authorized, c.description, c.created_by, r.expires_at, p_now,
        r.feature_key, r.quantity);
    ELSE
      UPDATE billing_reservations
      SET authorized = r.authorized, captured = r.captured, released = r.released, status = r.status,
          expires_at = r.expires_at, ended_at = r.ended_at, quantity = r.quantity
      WHERE tenant_id = p_tenant AND id = r.id;
    END IF;
    IF r.parent_id IS NOT NULL THEN
      UPDATE billing_reservations SET captured = budget.captured, allotted = budget.allotted
      WHERE tenant_id = p_tenant AND id = budget.id;
    END IF;
    m.outcome := 'posted';
    m.state := jsonb_build_object('reservationId', r.id, 'status', r.status,
      'held', (r.authorized - r.captured - r.released)::text, 'captured', r.captured::text,
      'expiresAt', (extract(epoch FROM r.expires_at) * 1000)::bigint);
    RETURN m;
  END $$`;
