import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Controller, Get, Header } from '@nestjs/common';

const read = (name: string) => readFileSync(new URL(`../../page/${name}`, import.meta.url), 'utf8');
const sha256 = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const STYLE = read('page.css');
const SCRIPT = read('page.js');
/** One document without outside parts. Functions as replacements, since `$` in a plain one has a meaning. */
const PAGE = read('page.html')
  .replace(/<style>[^<]*<\/style>/, () => `<style>${STYLE}</style>`)
  .replace(/<script>[^<]*<\/script>/, () => `<script>${SCRIPT}</script>`);

/** Only this very script and style run, so mail content that slipped through unescaped could still do nothing. */
const POLICY = [
  "default-src 'none'",
  `script-src ${sha256(SCRIPT)}`,
  `style-src ${sha256(STYLE)}`,
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page that shows the mails to people. */
@Controller()
export class PageController {
  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', POLICY)
  @Header('x-content-type-options', 'nosniff')
  show(): string {
    return PAGE;
  }
}
