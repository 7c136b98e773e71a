import { Inject, Injectable } from '@nestjs/common';
import type { TenantDb } from '@leadwire/persistence';
import { OWNERS } from '../closing/closing.queries.js';
import { Deliveries, type Attachment } from '../delivery/deliveries.js';
import type { MailData, MailTemplate } from '../delivery/templates/index.js';
import { TEAM_ADDRESS } from './team-mails.queries.js';

/** Owners who are told; a team with more has an odd idea of ownership. */
const OWNERS_TOLD_MAX = 50;

/** Templates that speak of a team by its name. */
export type TeamTemplate = {
  [T in MailTemplate]: MailData<T> extends { teamName: string } ? T : never;
}[MailTemplate];

export type TeamNotice<T extends TeamTemplate> = {
  template: T;
  data: Omit<MailData<T>, 'teamName'>;
  attachments?: Attachment[];
};

/** Mails to whoever answers for a team: its owners, and the address that the team gave as its own. */
@Injectable()
export class TeamMails {
  constructor(@Inject(Deliveries) private readonly deliveries: Deliveries) {}

  /** Queues the notice for each of them, in the caller's transaction. A team that is gone hears nothing. */
  async tell<T extends TeamTemplate>(
    db: TenantDb,
    { template, data, attachments }: TeamNotice<T>,
  ): Promise<void> {
    const [team] = await db.query<{ name: string; email: string | null }>(TEAM_ADDRESS, [db.tenantId]);
    if (!team) return;
    const owners = await db.query<{ email: string }>(OWNERS, [db.tenantId, OWNERS_TOLD_MAX]);
    const addresses = new Set(owners.map(({ email }) => email));
    if (team.email) addresses.add(team.email.toLowerCase());
    const told = { ...data, teamName: team.name } as MailData<T>;
    for (const to of addresses) await this.deliveries.mail(db, { to, template, data: told, attachments });
  }
}
