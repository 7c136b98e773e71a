import { Controller, Get } from '@nestjs/common';
import { GetUsage, ListUsage, SummariseUsage, usageApi, type UsageApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

@Controller('billing/usage')
export class UsageController {
  constructor(@PassThrough(usageApi) private readonly usage: UsageApi) {}

  /** Lists what was used, newest first. */
  @Get()
  @Endpoint(usageApi.list, { summary: 'List usage' })
  list(@RequestCtx() ctx: Ctx, @Input() input: ListUsage) {
    return this.usage.list(ctx, input);
  }

  /** Adds usage up by feature and status. */
  @Get('summary')
  @Endpoint(usageApi.summary, { summary: 'Summarise usage' })
  summary(@RequestCtx() ctx: Ctx, @Input() input: SummariseUsage) {
    return this.usage.summary(ctx, input);
  }

  /** Reads one use, down to what each of its items was rated by. */
  @Get(':usageEventId')
  @Endpoint(usageApi.get, { summary: 'Read a use' })
  get(@RequestCtx() ctx: Ctx, @Input() input: GetUsage) {
    return this.usage.get(ctx, input);
  }
}
