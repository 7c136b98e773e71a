import { LEAD_COLUMNS } from '../enrolments/lead-columns.js';
import type { LeadFacts } from './liquid.js';

/** Whether a campaign that may still send uses the template. */
export const TEMPLATE_IN_USE = `
  SELECT 1 AS used
  FROM campaign_steps s
  JOIN campaigns c ON c.tenant_id = s.tenant_id AND c.id = s.campaign_id
  WHERE s.tenant_id = $1
    AND s.config ->> 'templateId' = $2
    AND c.status <> 'completed'
    AND NOT c.is_deleted
  LIMIT 1`;

export type PreviewRow = LeadFacts & { fromName: string | null; fromEmail: string | null };
export const PREVIEW_FACTS = `
  SELECT ${LEAD_COLUMNS}, a.from_name AS "fromName", a.email AS "fromEmail"
  FROM campaign_leads l
  JOIN campaigns c ON c.tenant_id = l.tenant_id AND c.id = l.campaign_id
  LEFT JOIN email_accounts a ON a.tenant_id = c.tenant_id AND a.id = c.email_account_id
  WHERE l.tenant_id = $1
    AND l.id = $2`;
