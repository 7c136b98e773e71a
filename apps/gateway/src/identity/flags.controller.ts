import { Controller, Get } from '@nestjs/common';
import { flagsApi, Nothing, type FlagsApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** Switches that operators turn for teams, people or shares of them. */
@Controller('flags')
export class FlagsController {
  constructor(@PassThrough(flagsApi) private readonly flags: FlagsApi) {}

  /** The flags that are set for this team or for single members of it. */
  @Get()
  @Endpoint(flagsApi.list, { summary: 'List the flags of the team' })
  list(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.flags.list(ctx, input);
  }
}
