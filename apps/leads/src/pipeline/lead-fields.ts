import type { CreateLead, UpdateLead } from '@leadwire/contracts';
import { amount, JSON_OBJECT_BYTES_MAX, moneyText, requestErrors } from '@leadwire/kernel';
import { normaliseLinkedinUrl } from './linkedin-url.js';
import { normalisePhone } from './phone.js';
import type { LeadRow } from './lead-row.js';

type Given = Omit<UpdateLead, 'leadId' | 'version'> & Pick<CreateLead, 'assignedUserId'>;

/** The columns that a client may write. */
export type WritableFields = Partial<
  Omit<LeadRow, 'id' | 'version' | 'createdAt' | 'updatedAt' | 'lastActivityAt'>
>;

const TEXTS = ['firstName', 'lastName', 'email', 'companyName', 'title', 'currency', 'notes'] as const;
const AS_GIVEN = ['stage', 'status', 'priority', 'assignedUserId'] as const;

/**
 * What a client said, in the form in which it is kept. Absent fields stay absent.
 * @throws AppError `request.invalid` for a phone number or LinkedIn address that is none
 */
export function storedFields(given: Given): WritableFields {
  const stored: WritableFields = {};
  for (const field of TEXTS) if (given[field] !== undefined) stored[field] = given[field]?.trim() || null;
  for (const field of AS_GIVEN)
    if (given[field] !== undefined) Object.assign(stored, { [field]: given[field] });
  if (given.phone !== undefined) stored.phone = normalised('phone', given.phone, normalisePhone);
  if (given.linkedinUrl !== undefined) {
    stored.linkedinUrl = normalised('linkedinUrl', given.linkedinUrl, normaliseLinkedinUrl);
  }
  if (given.estimatedValue !== undefined) {
    stored.estimatedValue = given.estimatedValue === null ? null : moneyText(amount(given.estimatedValue));
  }
  if (given.nextFollowUpAt !== undefined) {
    stored.nextFollowUpAt = given.nextFollowUpAt === null ? null : new Date(given.nextFollowUpAt);
  }
  if (given.customFields !== undefined) stored.customFields = given.customFields;
  return stored;
}

function normalised(
  field: 'phone' | 'linkedinUrl',
  text: string | null,
  normalise: (text: string) => string | undefined,
): string | null {
  if (text === null) return null;
  const form = normalise(text);
  if (form === undefined) {
    throw invalid(
      field,
      field === 'phone' ? 'must be a phone number' : 'must be the address of a LinkedIn page',
    );
  }
  return form;
}

/**
 * The tenant's own fields after an update: what is given replaces, null removes.
 * @throws AppError `request.invalid` when they become too large
 */
export function mergedCustomFields(
  before: Record<string, unknown>,
  given: Record<string, unknown>,
): Record<string, unknown> {
  const merged = Object.fromEntries(
    Object.entries({ ...before, ...given }).filter(([, value]) => value !== null),
  );
  if (Buffer.byteLength(JSON.stringify(merged)) > JSON_OBJECT_BYTES_MAX) {
    throw invalid('customFields', `must be at most ${JSON_OBJECT_BYTES_MAX} bytes in all`);
  }
  return merged;
}

/** @throws AppError `request.invalid` for an amount of nothing */
export function requireCurrency(lead: { estimatedValue?: string | null; currency?: string | null }): void {
  if (lead.estimatedValue && !lead.currency) throw invalid('currency', 'is needed with an estimated value');
}

/** Which of `fields` differ from what the lead has. */
export function changedFields(lead: LeadRow, fields: WritableFields): WritableFields {
  return Object.fromEntries(
    Object.entries(fields).filter(([field, value]) => !same(lead[field as keyof LeadRow], value)),
  ) as WritableFields;
}

// jsonb does not keep the order of keys, so two objects are the same when their sorted texts are.
function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

export function invalid(field: string, detail: string) {
  return requestErrors.invalid({ errors: [{ pointer: `/${field}`, code: field, detail }] });
}
