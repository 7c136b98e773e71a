import { Controller, Get } from '@nestjs/common';
import {
  AnalyseUsage,
  GetUsage,
  ListUsage,
  SummariseUsage,
  usageAnalyticsApi,
  usageApi,
  type UsageAnalyticsApi,
  type UsageApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** What was used and what it cost: each use, sums, analytics. */
@Controller('billing/usage')
export class UsageController {
  constructor(
    @PassThrough(usageApi) private readonly usage: UsageApi,
    @PassThrough(usageAnalyticsApi) private readonly analytics: UsageAnalyticsApi,
  ) {}

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

  /** Adds usage up by feature, provider, person, campaign, day …, the dearest first. */
  @Get('analytics')
  @Endpoint(usageAnalyticsApi.analyse, { summary: 'Analyse usage' })
  analyse(@RequestCtx() ctx: Ctx, @Input() input: AnalyseUsage) {
    return this.analytics.analyse(ctx, input);
  }

  /** Reads one use, down to what each of its items was rated by. */
  @Get(':usageEventId')
  @Endpoint(usageApi.get, { summary: 'Read a use' })
  get(@RequestCtx() ctx: Ctx, @Input() input: GetUsage) {
    return this.usage.get(ctx, input);
  }
}
