import type { Campaign, CampaignStep, CampaignSummary } from '@leadwire/contracts';
import type { CampaignEntity } from './campaign.entity.js';
import type { StepRow } from './campaigns.queries.js';
import type { StepConfig } from './steps.js';

const iso = (at: Date | null) => at?.toISOString() ?? null;

/** A campaign as callers see it in lists. */
export function toSummary(row: CampaignEntity): CampaignSummary {
  const { id, name, description, status, pauseReason, emailAccountId, createdByUserId } = row;
  return {
    ...{ id, name, description, status, pauseReason, emailAccountId, createdByUserId },
    startsAt: iso(row.startsAt),
    endsAt: iso(row.endsAt),
    launchedAt: iso(row.launchedAt),
    completedAt: iso(row.completedAt),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** A campaign as callers see it alone: with its steps. */
export function toCampaign(row: CampaignEntity, steps: readonly StepRow[]): Campaign {
  return { ...toSummary(row), steps: steps.map(toStep) };
}

function toStep({ id, order, type, title, description, config }: StepRow): CampaignStep {
  const {
    templateId = null,
    subject = null,
    body = null,
    thread = null,
    durationSeconds = null,
  } = config as StepConfig;
  return { id, order, type, title, description, templateId, subject, body, thread, durationSeconds };
}
