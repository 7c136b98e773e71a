import { Controller, Delete, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { AvatarRef, Nothing, profileApi, type ProfileApi, type UserAccount } from '@leadwire/contracts';
import { AppError, REQUEST_DEADLINE_MS, requestErrors, type Ctx } from '@leadwire/kernel';
import { Client } from '@leadwire/messaging';
import { ObjectStorage } from '@leadwire/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint, Input, RequestCtx } from '../http/endpoint.js';
import { receivePicture } from './picture-upload.js';

const FORM = { file: 'A PNG, JPEG or WebP picture of at most 2 MiB and 4096 by 4096 pixels.' };

/** Pictures of people, to whoever shares a team with them. */
@Controller()
export class AvatarsController {
  constructor(
    @Client(profileApi) private readonly profile: ProfileApi,
    @Inject(ObjectStorage) private readonly storage: ObjectStorage,
  ) {}

  /** Puts a picture in place of the one before. */
  @Post('me/avatar')
  @Endpoint(profileApi.setAvatar, { summary: 'Upload a picture of oneself', status: 200, form: FORM })
  async set(@RequestCtx() ctx: Ctx, @Req() request: FastifyRequest): Promise<UserAccount> {
    if (!ctx.userId) throw requestErrors.forbidden({ internal: 'only for a person' });
    const objectKey = await receivePicture(request, this.storage, ctx.userId);
    try {
      // The upload took as long as it took: the service's time starts now. Each upload is another one, so none is remembered.
      const fresh = { ...ctx, deadline: Date.now() + REQUEST_DEADLINE_MS, idempotencyKey: undefined };
      return await this.profile.setAvatar(fresh, { objectKey });
    } catch (error) {
      // A late answer may still be a yes; only a no lets the file go.
      if (!(error instanceof AppError && error.kind === 'timeout')) await this.storage.remove(objectKey);
      throw error;
    }
  }

  /** Removes the picture. */
  @Delete('me/avatar')
  @HttpCode(204)
  @Endpoint(profileApi.removeAvatar, { summary: 'Remove the picture of oneself' })
  remove(@RequestCtx() ctx: Ctx, @Input() input: Nothing) {
    return this.profile.removeAvatar(ctx, input);
  }

  /** The picture of a member of the caller's team. */
  @Get('users/:userId/avatar')
  @Endpoint(profileApi.avatar, { summary: 'Read the picture of a member', produces: 'image/*' })
  async read(@RequestCtx() ctx: Ctx, @Input() input: AvatarRef, @Res() reply: FastifyReply): Promise<void> {
    const { objectKey, contentType } = await this.profile.avatar(ctx, input);
    const content = await this.storage.get(objectKey);
    await reply
      .header('content-type', contentType)
      .header('content-disposition', 'inline')
      .header('cache-control', 'private, max-age=86400')
      .header('content-security-policy', "default-src 'none'; sandbox; frame-ancestors 'none'")
      .send(content);
  }
}
