import { Controller, Get, Header } from '@nestjs/common';
import { Nothing, signingKeysApi, type SigningKeysApi } from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** The public keys that access tokens are checked with (RFC 7517). */
@Controller('.well-known/jwks.json')
export class KeysController {
  constructor(@PassThrough(signingKeysApi) private readonly keys: SigningKeysApi) {}

  /** The keys with which others can verify our access tokens. */
  @Get()
  @Header('cache-control', 'public, max-age=300')
  @Endpoint(signingKeysApi.jwks, { summary: 'Read the public signing keys' })
  list(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.keys.jwks(ctx, input);
  }
}
