import { Controller, Get, Patch } from '@nestjs/common';
import { featuresApi, Nothing, SwitchFeature, type FeaturesApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** The team's features. */
@Controller('features')
export class FeaturesController {
  constructor(@PassThrough(featuresApi) private readonly features: FeaturesApi) {}

  /** The parts of the product, and which of them the team has. */
  @Get()
  @Endpoint(featuresApi.list, { summary: 'List the features' })
  list(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.features.list(ctx, input);
  }

  /** Switches an optional feature for the whole team. */
  @Patch(':featureKey')
  @Endpoint(featuresApi.update, { summary: 'Switch a feature' })
  update(@RequestCtx() ctx: Ctx, @Input() input: SwitchFeature) {
    return this.features.update(ctx, input);
  }
}
