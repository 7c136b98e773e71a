import { Controller, Delete, Get, HttpCode, Query } from '@nestjs/common';
import { Int, Text } from '@leadwire/contracts';
import { parseQuery } from '../mails/mails.input.js';
import { TextStore, type SentText } from './text-store.js';

const PAGE_MAX = 1_000;
const PAGE_DEFAULT = 100;
const NUMBER_MAX = 32;

export class ListTexts {
  @Text({ max: NUMBER_MAX, min: 1, optional: true, description: 'a whole number, e.g. +4915112345678' })
  to?: string;
  @Int({ min: 1, max: PAGE_MAX, optional: true }) limit?: number;
}

/** The texts as JSON. */
@Controller('texts')
export class TextsController {
  constructor(private readonly texts: TextStore) {}

  /** Lists texts, newest first. */
  @Get()
  list(@Query() query: object): { items: SentText[] } {
    const { to, limit } = parseQuery(ListTexts, query, ['limit']);
    return { items: this.texts.list(limit ?? PAGE_DEFAULT, to) };
  }

  /** Forgets all texts. */
  @Delete()
  @HttpCode(204)
  clear(): void {
    this.texts.clear();
  }
}
