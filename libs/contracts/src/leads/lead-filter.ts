import { Bool, Text, Timestamp, Uuid } from '../define/fields.js';

export const LEAD_SEARCH_MAX = 200;

/** Which leads are meant; what is given must all hold. Deleted leads never are. */
export class LeadFilter {
  @Text({ min: 1, max: 60, optional: true, description: 'Key of a stage.' })
  stage?: string;

  @Text({ min: 1, max: 60, optional: true, description: 'Key of a status.' })
  status?: string;

  @Uuid({ optional: true })
  assignedUserId?: string;

  @Bool({ optional: true, description: 'true: only archived leads; otherwise only those that are not.' })
  archived?: boolean;

  @Uuid({ optional: true, description: 'Leads that this import created.' })
  importId?: string;

  @Timestamp({ optional: true, description: 'Created at this moment or later.' })
  createdAfter?: string;

  @Timestamp({ optional: true, description: 'Created before this moment.' })
  createdBefore?: string;

  @Text({
    min: 1,
    max: LEAD_SEARCH_MAX,
    optional: true,
    description:
      'Beginnings of words in name, e-mail and company, in any order; a misspelt last name alone is found too.',
  })
  q?: string;
}
