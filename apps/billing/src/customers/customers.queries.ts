export const FIND_CUSTOMER = `
  SELECT company, team_name AS "teamName", address_line1 AS "addressLine1", address_line2 AS "addressLine2",
         postal_code AS "postalCode", city, region, country, vat_id AS "vatId", purchase_order AS "purchaseOrder",
         tax_exempt AS "taxExempt"
  FROM billing_details
  WHERE tenant_id = $1`;

export const SET_DETAILS = `
  UPDATE billing_details
  SET company = $2, address_line1 = $3, address_line2 = $4, postal_code = $5, city = $6, region = $7, country = $8, vat_id = $9,
      purchase_order = $10
  WHERE tenant_id = $1`;

/** News may come late: the newest name stays. */
export const NAME_TEAM = `
  UPDATE billing_details
  SET team_name = $2, team_version = $3
  WHERE tenant_id = $1 AND team_version < $3`;

export const SET_TAX_EXEMPT = `UPDATE billing_details SET tax_exempt = $2 WHERE tenant_id = $1`;
