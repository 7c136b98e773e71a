import { Controller, Delete, Get, HttpCode, Inject, Patch, Post, Req } from '@nestjs/common';
import {
  Bool,
  defineApi,
  Int,
  JsonObject,
  pageOf,
  PageRequest,
  Text,
  TextList,
  Uuid,
  type Page,
} from '@leadwire/contracts';
import type { Ctx } from '@leadwire/kernel';
import { Client, PassThrough } from '@leadwire/messaging';
import { ObjectStorage } from '@leadwire/platform';
import type { FastifyRequest } from 'fastify';
import { Endpoint, Input, RequestCtx } from '../src/http/endpoint.js';

/** The smallest product there can be: what the gateway promises is tested on it, not on a service's feature. */
export class Thing {
  @Uuid()
  id!: string;

  @Text({ max: 100 })
  name!: string;

  @Int({ optional: true })
  version?: number;
}
export class AddThing {
  @Text({ min: 1, max: 100 })
  name!: string;

  @JsonObject({ optional: true })
  extra?: Record<string, unknown>;
}
export class ThingRef {
  @Uuid()
  thingId!: string;
}
export class RenameThing extends ThingRef {
  @Text({ min: 1, max: 100 })
  name!: string;

  @Int({ min: 1, optional: true })
  version?: number;
}
export class ListThings extends PageRequest {
  @Bool({ optional: true })
  shiny?: boolean;

  @Int({ min: 0, optional: true })
  weight?: number;

  @TextList({ max: 20, items: 5, optional: true })
  tags?: string[];
}
export interface ThingsApi {
  add(ctx: Ctx, input: AddThing): Promise<Thing>;
  get(ctx: Ctx, input: ThingRef): Promise<Thing>;
  list(ctx: Ctx, input: ListThings): Promise<Page<Thing>>;
  rename(ctx: Ctx, input: RenameThing): Promise<Thing>;
  remove(ctx: Ctx, input: ThingRef): Promise<void>;
  greet(ctx: Ctx, input: AddThing): Promise<Thing>;
}
export const thingsApi = defineApi<ThingsApi>('things.things', {
  add: { input: AddThing, output: Thing, can: 'leads.write' },
  get: { input: ThingRef, output: Thing, can: 'leads.read', idempotent: true },
  list: { input: ListThings, output: pageOf(Thing), can: 'leads.read', idempotent: true },
  rename: { input: RenameThing, output: Thing, can: 'leads.write' },
  remove: { input: ThingRef, can: 'leads.delete' },
  greet: { input: AddThing, output: Thing, can: 'public' },
});

@Controller('things')
export class ThingsController {
  constructor(
    @PassThrough(thingsApi) private readonly things: ThingsApi,
    @Client(thingsApi) private readonly read: ThingsApi,
  ) {}

  @Post()
  @Endpoint(thingsApi.add, { summary: 'Add a thing' })
  add(@RequestCtx() ctx: Ctx, @Input() input: AddThing) {
    return this.things.add(ctx, input);
  }

  @Get()
  @Endpoint(thingsApi.list, { summary: 'List things' })
  list(@RequestCtx() ctx: Ctx, @Input() input: ListThings) {
    return this.things.list(ctx, input);
  }

  @Get(':thingId')
  @Endpoint(thingsApi.get, { summary: 'Read a thing' })
  get(@RequestCtx() ctx: Ctx, @Input() input: ThingRef) {
    return this.things.get(ctx, input);
  }

  @Patch(':thingId')
  @Endpoint(thingsApi.rename, { summary: 'Rename a thing' })
  rename(@RequestCtx() ctx: Ctx, @Input() input: RenameThing) {
    return this.read.rename(ctx, input);
  }

  @Delete(':thingId')
  @HttpCode(204)
  @Endpoint(thingsApi.remove, { summary: 'Remove a thing' })
  remove(@RequestCtx() ctx: Ctx, @Input() input: ThingRef) {
    return this.things.remove(ctx, input);
  }
}

@Controller('greetings')
export class GreetingsController {
  constructor(@PassThrough(thingsApi) private readonly things: ThingsApi) {}

  @Post()
  @HttpCode(200)
  @Endpoint(thingsApi.greet, { summary: 'Greet anybody' })
  greet(@RequestCtx() ctx: Ctx, @Input() input: AddThing) {
    return this.things.greet(ctx, input);
  }
}

export interface ExactApi {
  get(ctx: Ctx, input: ThingRef): Promise<Thing>;
}
export const exactApi = defineApi<ExactApi>('exact.things', {
  get: { input: ThingRef, output: Thing, can: 'leads.read', idempotent: true },
});

@Controller('exact')
export class ExactController {
  constructor(@PassThrough(exactApi) private readonly things: ExactApi) {}

  @Get(':thingId')
  @Endpoint(exactApi.get, { summary: 'Read a thing as it was written' })
  get(@RequestCtx() ctx: Ctx, @Input() input: ThingRef) {
    return this.things.get(ctx, input);
  }
}

export interface UploadsApi {
  create(ctx: Ctx, input: AddThing): Promise<Thing>;
}
export const uploadsApi = defineApi<UploadsApi>('things.uploads', {
  create: { input: AddThing, output: Thing, can: 'leads.import' },
});

@Controller('uploads')
export class UploadsController {
  constructor(@Inject(ObjectStorage) private readonly storage: ObjectStorage) {}

  @Post()
  @Endpoint(uploadsApi.create, { summary: 'Store a file', form: { file: 'The file.' } })
  async create(@RequestCtx() ctx: Ctx, @Req() request: FastifyRequest) {
    const part = await request.file();
    if (!part) return { bytes: 0 };
    return { bytes: await this.storage.put(`${ctx.tenantId}/uploads/${ctx.requestId}`, part.file) };
  }
}
