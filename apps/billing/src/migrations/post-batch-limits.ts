// The steps of post_batch() that count for quotas and allowances; they share its variables, as the other steps do.

/**
 * What lies above a soft quota costs its overage rate on top of its price, as an item of its own: the quantity is counted here, under
 * the lock, so nobody before knows what it is.
 */
export const TAKE_QUOTA_FOR_USAGE = `
        quota := take_quota(p_tenant, c.feature, c.quantity, p_now, p_cause);
        counted := quota.counted;
        IF quota.refused IS NOT NULL THEN
          outcome := 'awaits_quota';
          state := quota.refused;
        ELSIF quota.over > 0 AND quota.rate IS NOT NULL THEN
          need := round_half_even(quota.over * quota.rate);
          c.amount := c.amount + need;
          c.usage := jsonb_set(c.usage, '{items}', (c.usage -> 'items') || jsonb_build_object('category', c.usage #> '{items,0,category}',
            'provider', c.usage #> '{items,0,provider}', 'model', c.usage #> '{items,0,model}', 'unit', c.usage #> '{items,0,unit}',
            'quantity', quota.over::text, 'unitPrice', quota.rate::text, 'priceId', quota.entitlement_id,
            'priceEffectiveFrom', to_char(quota.since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
            'cost', need::text, 'scheme', 'overage', 'currency', w.currency, 'exactCost', (quota.over * quota.rate)::text));
          state := jsonb_build_object('overage', need::text);
        END IF;`;

/** Usage that had no room when it was recorded, or that came before there was a quota, counts when it is charged. */
export const TAKE_QUOTA_FOR_CHARGE = `
          SELECT * INTO v FROM billing_usage_events WHERE tenant_id = p_tenant AND id = c.reference_id;
          IF v.quota_at IS NULL THEN
            quota := take_quota(p_tenant, v.feature_key, v.total_quantity, p_now, p_cause);
            IF quota.refused IS NOT NULL THEN
              outcome := 'awaits_quota';
              state := quota.refused;
              UPDATE billing_usage_events SET waits_for = 'quota', error_message = quota.refused ->> 'text'
              WHERE tenant_id = p_tenant AND id = v.id;
            ELSIF quota.counted THEN
              counted_usage := counted_usage || v.id;
            END IF;
          END IF;`;

/** What a posting spends or holds counts for the allowance of the person who caused it. */
export const COUNT_FOR_PERSON = `
      IF allowances AND (type IN ('debit', 'reversal') AND moved <> 0 OR held <> 0) THEN
        IF c.kind = 'charge' THEN
          SELECT user_id INTO person FROM billing_usage_events WHERE tenant_id = p_tenant AND id = c.reference_id;
        END IF;
        PERFORM draw_credit(p_tenant, person, -moved, held, c.id, p_now, p_cause);
      END IF;`;
