/** The snapshot of a lead as templates see it; `l` is campaign_leads. */
export const LEAD_COLUMNS = `
  l.first_name AS "firstName", l.last_name AS "lastName", l.email, l.phone, l.company_name AS "companyName", l.title,
  l.linkedin_url AS "linkedinUrl", l.lead_data AS "customFields"`;
