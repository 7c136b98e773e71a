const COLUMNS = `id, name, percent, country, region, valid_from AS "validFrom", valid_to AS "validTo"`;

export const LIST_TAX_RATES = `
  SELECT ${COLUMNS}
  FROM billing_tax_rates
  WHERE $1::varchar IS NULL OR country = $1
  ORDER BY country, region NULLS FIRST, name, valid_from
  LIMIT 1000`;

export const ADD_TAX_RATE = `
  INSERT INTO billing_tax_rates (id, name, percent, country, region, valid_from, valid_to)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  RETURNING ${COLUMNS}`;

/** What has applied is not taken back: a rate ends, it is never changed. */
export const END_TAX_RATE = `
  UPDATE billing_tax_rates
  SET valid_to = $2
  WHERE id = $1
  RETURNING ${COLUMNS}`;
