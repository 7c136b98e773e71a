import { Inject, Injectable } from '@nestjs/common';
import type { LaunchCheck, LaunchFinding, VariablesSchema } from '@leadwire/contracts';
import { Clock } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import { EmailAccountEntity } from '../accounts/email-account.entity.js';
import { checkTemplate } from '../templates/liquid.js';
import { TEMPLATES_OF, type TemplateRow } from '../sending/claims.queries.js';
import type { CampaignEntity } from './campaign.entity.js';
import {
  COUNT_ENROLMENTS,
  COUNT_MISSING,
  FUNDS_EXHAUSTED,
  STEPS_OF,
  type StepRow,
} from './campaigns.queries.js';
import type { StepConfig } from './steps.js';

type Findings = { blockers: LaunchFinding[]; warnings: LaunchFinding[] };

const finding = (code: string, detail: string, stepId: string | null = null): LaunchFinding => ({
  code,
  detail,
  stepId,
});

/** What stands against starting a campaign, or going on with it, whose end has passed. */
export function overdue({ endsAt }: CampaignEntity, now: Date): LaunchFinding | undefined {
  return endsAt && endsAt <= now ? finding('over', 'The end of the campaign has passed.') : undefined;
}

/** What stands against launching a campaign, and what one should know before. The launch itself asks the same. */
@Injectable()
export class LaunchChecks {
  constructor(@Inject(Clock) private readonly clock: Clock) {}

  async check(db: TenantDb, campaign: CampaignEntity): Promise<LaunchCheck> {
    const found: Findings = { blockers: [], warnings: [] };
    const steps = await db.query<StepRow>(STEPS_OF, [db.tenantId, campaign.id]);
    const [counted] = await db.query<{ enrolled: number }>(COUNT_ENROLMENTS, [db.tenantId, campaign.id]);
    const enrolled = counted?.enrolled ?? 0;
    if (campaign.status !== 'draft')
      found.blockers.push(finding('not_draft', `The campaign is ${campaign.status}.`));
    const over = overdue(campaign, this.clock.now());
    if (over) found.blockers.push(over);
    if (enrolled === 0) found.blockers.push(finding('no_enrolments', 'Nobody is enrolled.'));
    if (!steps.some(({ type }) => type === 'email'))
      found.blockers.push(finding('no_email_step', 'There is no e-mail step.'));
    if (steps.at(-1)?.type === 'wait')
      found.warnings.push(finding('trailing_wait', 'The last wait is for nothing.', steps.at(-1)?.id));
    await this.checkFunds(db, found);
    const account = await this.checkAccount(db, campaign, enrolled, found);
    const variables = await this.checkTexts(db, steps, found);
    await this.checkVariables(db, campaign, variables, account, found);
    return { ready: found.blockers.length === 0, ...found, enrolled };
  }

  private async checkFunds(db: TenantDb, { blockers }: Findings): Promise<void> {
    const [funds] = await db.query<{ exhausted: boolean }>(FUNDS_EXHAUSTED, [db.tenantId]);
    if (funds?.exhausted) blockers.push(finding('insufficient_funds', 'The wallet is empty.'));
  }

  private async checkAccount(
    db: TenantDb,
    { emailAccountId }: CampaignEntity,
    enrolled: number,
    { blockers, warnings }: Findings,
  ): Promise<EmailAccountEntity | undefined> {
    const account = emailAccountId
      ? await db.find(EmailAccountEntity, { id: emailAccountId, isDeleted: false })
      : undefined;
    if (!account) blockers.push(finding('no_account', 'No e-mail account is chosen.'));
    else if (!account.isActive)
      blockers.push(finding('account_paused', `The e-mail account is paused: ${account.pausedReason ?? ''}`));
    if (account && enrolled > account.dailySendLimit) {
      const days =
        account.dailySendLimit === 0 ? 'never' : `${Math.ceil(enrolled / account.dailySendLimit)} days`;
      warnings.push(
        finding(
          'daily_limit',
          `At ${account.dailySendLimit} mails a day the first mail to everybody takes ${days}.`,
        ),
      );
    }
    return account;
  }

  /** The variables that the steps need and that have no fallback, with the step that needs each first. */
  private async checkTexts(
    db: TenantDb,
    steps: StepRow[],
    { blockers }: Findings,
  ): Promise<Map<string, string>> {
    const needed = new Map<string, string>();
    const ids = steps.flatMap(({ config }) => (config as StepConfig).templateId ?? []);
    const templates = await db.query<TemplateRow>(TEMPLATES_OF, [db.tenantId, ids]);
    for (const { id, type, config } of steps) {
      if (type !== 'email') continue;
      const { templateId, subject, body } = config as StepConfig;
      const template = templates.find((row) => row.id === templateId);
      if (templateId && !template) blockers.push(finding('template_missing', 'The template is gone.', id));
      else if (template && !template.isActive)
        blockers.push(finding('template_inactive', 'The template is not active.', id));
      const texts = { subject: template?.subject ?? subject ?? '', body: template?.body ?? body ?? '' };
      const { variables, problems } = checkTemplate(
        texts,
        template?.variables as VariablesSchema | undefined,
      );
      for (const { field, detail } of problems)
        blockers.push(finding('template_invalid', `${field} ${detail}`, id));
      for (const [name, { fallback }] of Object.entries(variables)) {
        if (fallback === undefined && !needed.has(name)) needed.set(name, id);
      }
    }
    return needed;
  }

  private async checkVariables(
    db: TenantDb,
    campaign: CampaignEntity,
    needed: ReadonlyMap<string, string>,
    account: EmailAccountEntity | undefined,
    { blockers, warnings }: Findings,
  ): Promise<void> {
    const ofLead = [...needed.keys()].filter((name) => !name.startsWith('sender.'));
    const rows = await db.query<{ name: string; missing: number }>(COUNT_MISSING, [
      db.tenantId,
      campaign.id,
      ofLead,
    ]);
    for (const { name, missing } of rows) {
      const detail = `${missing} enrolled leads have no ${name}; where the text cannot do without it, they end without a mail.`;
      warnings.push(finding('missing_variable', detail, needed.get(name) ?? null));
    }
    if (needed.has('sender.name') && account && !account.fromName) {
      blockers.push(
        finding(
          'missing_sender_name',
          'The text names the sender, and the account has no name.',
          needed.get('sender.name') ?? null,
        ),
      );
    }
  }
}
