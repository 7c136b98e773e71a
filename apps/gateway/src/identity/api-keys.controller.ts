import { Controller, Delete, Get, Header, HttpCode, Patch, Post } from '@nestjs/common';
import {
  ApiKeyRef,
  apiKeysApi,
  CreateApiKey,
  ListApiKeys,
  RotateApiKey,
  UpdateApiKey,
  type ApiKeysApi,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { PassThrough } from '@leadwire/messaging';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';

/** Keys with which programs work for a person. */
@Controller('api-keys')
export class ApiKeysController {
  constructor(@PassThrough(apiKeysApi) private readonly keys: ApiKeysApi) {}

  /** Makes a key that acts for the caller with part of their rights; its secret is in this answer only. */
  @Post()
  @Header('cache-control', 'no-store')
  @Endpoint(apiKeysApi.create, { summary: 'Make an API key' })
  create(@RequestCtx() ctx: Ctx, @Input() input: CreateApiKey) {
    return this.keys.create(ctx, input);
  }

  /** Lists the caller's keys, newest first; with `api-keys.manage` everybody's. */
  @Get()
  @Endpoint(apiKeysApi.list, { summary: 'List API keys' })
  list(@RequestCtx() ctx: Ctx, @Input() input: ListApiKeys) {
    return this.keys.list(ctx, input);
  }

  /** Reads a key, without its secret. */
  @Get(':apiKeyId')
  @Endpoint(apiKeysApi.get, { summary: 'Read an API key' })
  get(@RequestCtx() ctx: Ctx, @Input() input: ApiKeyRef) {
    return this.keys.get(ctx, input);
  }

  /** Changes name, scopes, networks or rate of one of the caller's keys. */
  @Patch(':apiKeyId')
  @Endpoint(apiKeysApi.update, { summary: 'Change an API key' })
  update(@RequestCtx() ctx: Ctx, @Input() input: UpdateApiKey) {
    return this.keys.update(ctx, input);
  }

  /** Replaces one of the caller's keys; the old one goes on working for the overlap. */
  @Post(':apiKeyId/rotate')
  @Header('cache-control', 'no-store')
  @Endpoint(apiKeysApi.rotate, { summary: 'Rotate an API key' })
  rotate(@RequestCtx() ctx: Ctx, @Input() input: RotateApiKey) {
    return this.keys.rotate(ctx, input);
  }

  /** Ends a key at once. */
  @Delete(':apiKeyId')
  @HttpCode(204)
  @Endpoint(apiKeysApi.revoke, { summary: 'Revoke an API key' })
  revoke(@RequestCtx() ctx: Ctx, @Input() input: ApiKeyRef) {
    return this.keys.revoke(ctx, input);
  }
}
