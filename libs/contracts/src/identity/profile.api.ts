import type { Ctx } from '@leadwire/kernel';
import { defineApi } from '../define/api.js';
import { JsonObject, OneOf, Text, Uuid } from '../define/fields.js';
import { Nothing } from '../define/page.js';
import { ACCOUNT_NAME_MAX, UserAccount } from './accounts.api.js';
import { ACCOUNT_PHONE_MAX } from './tenants.api.js';

export const AVATAR_TYPES = ['image/png', 'image/jpeg', 'image/webp'] as const;
export const AVATAR_BYTES_MAX = 2 * 1024 * 1024;
export const AVATAR_SIDE_MAX_PIXELS = 4096;
const OBJECT_KEY_MAX = 255;

/** Where uploads of a person's pictures are stored: what lies elsewhere is not theirs. */
export const avatarFolder = (userId: string): string => `users/${userId}/avatars/`;

/** Absent fields stay as they are; null empties those that may be empty. */
export class UpdateProfile {
  @Text({ min: 1, max: ACCOUNT_NAME_MAX, pattern: /\S/, optional: true, nullable: true })
  firstName?: string | null;

  @Text({ min: 1, max: ACCOUNT_NAME_MAX, pattern: /\S/, optional: true, nullable: true })
  lastName?: string | null;

  @Text({
    min: 1,
    max: ACCOUNT_PHONE_MAX,
    optional: true,
    nullable: true,
    description: 'With its country, e.g. `+49 1511 2345678`; another number has to be confirmed again.',
  })
  phone?: string | null;

  @Uuid({ optional: true, description: 'One of the teams of this person.' })
  primaryTenantId?: string;

  @JsonObject({ optional: true, description: 'In place of what was kept so far.' })
  metadata?: Record<string, unknown>;
}

export class ConfirmPhone {
  @Text({ min: 6, max: 6, pattern: /^\d{6}$/, description: 'The six digits that were texted.' })
  code!: string;
}

/** An upload that the gateway has stored. */
export class SetAvatar {
  @Text({ min: 1, max: OBJECT_KEY_MAX })
  objectKey!: string;
}

export class AvatarRef {
  @Uuid()
  userId!: string;

  @Text({
    max: 64,
    optional: true,
    description: 'Changes with the picture, so that an old one is not shown.',
  })
  v?: string;
}

/** A stored picture. */
export class Avatar {
  @Text({ max: OBJECT_KEY_MAX })
  objectKey!: string;

  @OneOf(AVATAR_TYPES)
  contentType!: string;
}

export interface ProfileApi {
  update(ctx: Ctx, input: UpdateProfile): Promise<UserAccount>;
  sendPhoneCode(ctx: Ctx, input: Nothing): Promise<void>;
  confirmPhone(ctx: Ctx, input: ConfirmPhone): Promise<void>;
  setAvatar(ctx: Ctx, input: SetAvatar): Promise<UserAccount>;
  removeAvatar(ctx: Ctx, input: Nothing): Promise<void>;
  avatar(ctx: Ctx, input: AvatarRef): Promise<Avatar>;
}
export const profileApi = defineApi<ProfileApi>('identity.profile', {
  update: { input: UpdateProfile, output: UserAccount, can: 'signed-in' },
  sendPhoneCode: { input: Nothing, can: 'signed-in' },
  confirmPhone: { input: ConfirmPhone, can: 'signed-in' },
  setAvatar: { input: SetAvatar, output: UserAccount, can: 'signed-in' },
  removeAvatar: { input: Nothing, can: 'signed-in' },
  avatar: { input: AvatarRef, output: Avatar, can: 'signed-in', idempotent: true },
});
