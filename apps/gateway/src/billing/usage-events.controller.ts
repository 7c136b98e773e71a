import { Controller, Post } from '@nestjs/common';
import {
  CorrectUsage,
  RecordUsage,
  usageEventsApi,
  VoidUsage,
  type UsageEventsApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** Reports usage in bulk, voids and corrects it. */
@Controller('billing/usage-events')
export class UsageEventsController {
  constructor(@PassThrough(usageEventsApi) private readonly usage: UsageEventsApi) {}

  /** Records up to 500 uses, each once for its key, and says of each what became of it. */
  @Post()
  @Endpoint(usageEventsApi.record, { summary: 'Report usage' })
  record(@RequestCtx() ctx: Ctx, @Input() input: RecordUsage) {
    return this.usage.record(ctx, input);
  }

  /** Ends a use for good; what it was charged is given back. */
  @Post(':usageEventId/void')
  @Endpoint(usageEventsApi.void, { summary: 'Void a use', status: 200 })
  void(@RequestCtx() ctx: Ctx, @Input() input: VoidUsage) {
    return this.usage.void(ctx, input);
  }

  /** Voids a use and records what was really used, at the price of the same moment. */
  @Post(':usageEventId/corrections')
  @Endpoint(usageEventsApi.correct, { summary: 'Correct a use' })
  correct(@RequestCtx() ctx: Ctx, @Input() input: CorrectUsage) {
    return this.usage.correct(ctx, input);
  }
}
