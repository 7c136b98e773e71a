import { Controller, Delete, Get, Header, HttpCode, Param, Query } from '@nestjs/common';
import { defineErrors } from '@leadwire/kernel';
import { MailStore } from './mail-store.js';
import type { MailStats } from './mail-stats.js';
import { toDetail, toSummary, type MailDetail, type MailSummary } from './mail-view.js';
import { MAILS_PAGE_DEFAULT, type Mail } from './mail.js';
import { CountMails, ListMails, MailId, parseQuery } from './mails.input.js';

export const mailErrors = defineErrors('mail', {
  not_found: { kind: 'not_found', text: 'There is no such mail.' },
  source_gone: {
    kind: 'not_found',
    text: 'The source of this mail is no longer kept; newer mails took its place.',
  },
  no_html: { kind: 'not_found', text: 'This mail has no HTML.' },
});

/** Runs nothing, loads nothing from elsewhere, and can only be framed by our own page; links open in a tab of their own. */
const HTML_POLICY = [
  'sandbox allow-popups allow-popups-to-escape-sandbox',
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  'font-src data:',
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');

/** The mails as JSON. */
@Controller('mails')
export class MailsController {
  constructor(private readonly mails: MailStore) {}

  /** Lists mails by id, oldest first unless `order=desc`; `next` goes into `after` for the following page. */
  @Get()
  list(@Query() query: object): { items: MailSummary[]; next: number | null } {
    const { after, limit, order, ...filter } = parseQuery(ListMails, query, ['after', 'limit']);
    const page = this.mails.list({
      filter,
      after,
      order: order ?? 'asc',
      limit: limit ?? MAILS_PAGE_DEFAULT,
    });
    return { items: page.items.map(toSummary), next: page.next };
  }

  /** Counts the mails that the filter lets through. */
  @Get('count')
  count(@Query() query: object): { count: number } {
    return { count: this.mails.count(parseQuery(CountMails, query)) };
  }

  /** Counts over all mails that are kept, duplicates among them. */
  @Get('stats')
  stats(): MailStats {
    return this.mails.summary();
  }

  /** One mail with headers, text and HTML. @throws mail.not_found */
  @Get(':id')
  get(@Param() path: object): Promise<MailDetail> {
    return toDetail(this.find(path));
  }

  /** The source as it was received. @throws mail.not_found, mail.source_gone */
  @Get(':id/raw')
  @Header('content-type', 'text/plain; charset=utf-8')
  @Header('x-content-type-options', 'nosniff')
  raw(@Param() path: object): Buffer {
    const { source } = this.find(path);
    if (!source) throw mailErrors.source_gone();
    return source;
  }

  /** The HTML of a mail, made harmless by its content security policy. @throws mail.not_found, mail.no_html */
  @Get(':id/html')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', HTML_POLICY)
  @Header('referrer-policy', 'no-referrer')
  async html(@Param() path: object): Promise<string> {
    const { html } = await toDetail(this.find(path));
    if (html === null) throw mailErrors.no_html();
    // A document without a doctype would be laid out in quirks mode; parsers ignore a second one inside the mail.
    return `<!doctype html><base target="_blank">${html}`;
  }

  /** Forgets all mails, also on disk. */
  @Delete()
  @HttpCode(204)
  clear(): Promise<void> {
    return this.mails.clear();
  }

  private find(path: object): Mail {
    const mail = this.mails.get(parseQuery(MailId, path, ['id']).id);
    if (!mail) throw mailErrors.not_found();
    return mail;
  }
}
