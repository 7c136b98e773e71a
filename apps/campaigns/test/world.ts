import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  campaignsApi,
  emailAccountsApi,
  enrolmentsApi,
  templatesApi,
  type Campaign,
  type CampaignStepInput,
  type CreateEmailAccount,
  type EmailAccount,
  type LeadSnapshot,
  type SelectedLead,
} from '@leadwire/contracts';
import { newId, type Ctx } from '@leadwire/kernel';
import { eventually, TestService } from '@leadwire/testing';
import { campaignsService } from '../src/campaigns.module.js';
import { migrations } from '../src/migrations/index.js';
import { MailServer } from './mail-server.js';

/** The service, a mail server, and leads to enrol: what a team has when it starts. */
export class World {
  /** What the leads service would answer, by tenant. */
  readonly leads = new Map<string, SelectedLead[]>();
  /** What happens between the moment leads are read and the moment whoever asked for them has them. */
  onLeadsRead = (): Promise<unknown> => Promise.resolve();

  private constructor(
    readonly service: TestService,
    readonly mail: MailServer,
    readonly journalDir: string,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<World> {
    const journalDir = mkdtempSync(join(tmpdir(), 'leadwire-journal-'));
    const mail = await MailServer.start();
    const defaults = {
      OUTBOUND_ALLOW_PRIVATE: 'true',
      SEND_JOURNAL_DIR: journalDir,
      SMTP_RETRY_SECONDS: '0.1,0.1',
      SMTP_ACCOUNT_BACKOFF_SECONDS: '0.2,0.2',
    };
    const service = await TestService.start(campaignsService, { migrations, env: { ...defaults, ...env } });
    const world = new World(service, mail, journalDir);
    world.serveLeads();
    return world;
  }

  get accounts() {
    return this.service.client(emailAccountsApi);
  }
  get templates() {
    return this.service.client(templatesApi);
  }
  get campaigns() {
    return this.service.client(campaignsApi);
  }
  get enrolments() {
    return this.service.client(enrolmentsApi);
  }

  async stop(): Promise<void> {
    await this.service.stop();
    await this.mail.stop();
    rmSync(this.journalDir, { recursive: true, force: true });
  }

  account(ctx: Ctx, over: Partial<CreateEmailAccount> = {}): Promise<EmailAccount> {
    return this.accounts.create(ctx, {
      email: `sam-${newId()}@seller.test`,
      fromName: 'Sam',
      ...this.mail.account,
      ...over,
    });
  }

  addLeads(ctx: Ctx, count: number, of: (i: number) => Partial<LeadSnapshot> = () => ({})): SelectedLead[] {
    const added = Array.from({ length: count }, (_, i) => ({
      leadId: newId(),
      version: 1,
      lead: { ...lead(i), ...of(i) },
    }));
    this.leads.set(ctx.tenantId, [...(this.leads.get(ctx.tenantId) ?? []), ...added]);
    return added;
  }

  /** A draft with an account, steps, and everybody enrolled. */
  async draft(
    ctx: Ctx,
    steps: CampaignStepInput[],
    account: Partial<CreateEmailAccount> = {},
  ): Promise<Campaign> {
    const { id: emailAccountId } = await this.account(ctx, account);
    const { id: campaignId } = await this.campaigns.create(ctx, { name: 'Spring', emailAccountId });
    const campaign = await this.campaigns.replaceSteps(ctx, { campaignId, steps });
    await this.enrolments.enrol(ctx, { campaignId });
    return campaign;
  }

  async launched(
    ctx: Ctx,
    steps: CampaignStepInput[],
    account: Partial<CreateEmailAccount> = {},
  ): Promise<Campaign> {
    const { id: campaignId } = await this.draft(ctx, steps, account);
    return this.campaigns.launch(ctx, { campaignId });
  }

  async completed(ctx: Ctx, campaignId: string): Promise<Campaign> {
    return eventually(async () => {
      const campaign = await this.campaigns.get(ctx, { campaignId });
      return campaign.status === 'completed' && campaign;
    });
  }

  async activities(ctx: Ctx, campaignId: string) {
    return (await this.enrolments.activities(ctx, { campaignId, limit: 100 })).items;
  }

  async enrolled(ctx: Ctx, campaignId: string) {
    return (await this.enrolments.list(ctx, { campaignId, limit: 100 })).items;
  }

  // The leads service as the bus sees it, with pages of at most 50.
  private serveLeads(): void {
    this.service.connection.subscribe('rpc.leads.selection.resolve', {
      callback: (_, msg) => {
        const { cursor, leadIds } = msg.json<{ cursor?: string; leadIds?: string[] }>();
        const token = msg.headers?.get('Lw-Ctx').split('.')[0] ?? '';
        const { t: tenantId } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { t: string };
        const all = (this.leads.get(tenantId) ?? []).filter(
          ({ leadId }) => !leadIds || leadIds.includes(leadId),
        );
        const from = Number(cursor ?? 0);
        const items = all.slice(from, from + 50);
        const page = JSON.stringify({ items, next: from + 50 < all.length ? String(from + 50) : null });
        void this.onLeadsRead().then(() => msg.respond(page));
      },
    });
  }
}

export const email = (
  subject = 'Hello {{ firstName }}',
  body = 'Dear {{ firstName }}, hello.',
): CampaignStepInput => ({ type: 'email', subject, body });
export const wait = (durationSeconds: number): CampaignStepInput => ({ type: 'wait', durationSeconds });
export const reply = (body: string): CampaignStepInput => ({ type: 'email', thread: 'reply', body });

const lead = (i: number): LeadSnapshot => ({
  firstName: `Ada${i}`,
  lastName: 'Lovelace',
  email: `ada${i}@customer.test`,
  phone: null,
  companyName: null,
  title: null,
  linkedinUrl: null,
  customFields: { city: 'London' },
});
