import { Inject } from '@nestjs/common';
import {
  accountErrors,
  profileApi,
  type Avatar,
  type AvatarRef,
  type ConfirmPhone,
  type Nothing,
  type ProfileApi,
  type SetAvatar,
  type UpdateProfile,
  type UserAccount,
} from '@leadwire/contracts';
import { assert, requestErrors, type Ctx } from '@leadwire/kernel';
import { Serves } from '@leadwire/messaging';
import { TenantTransaction, type TenantDb } from '@leadwire/persistence';
import { ACT_AS_USER } from '../accounts/accounts.queries.js';
import { requirePerson } from '../accounts/re-authentication.js';
import { toUser, type UserColumns } from '../accounts/standing.js';
import { withoutMemory } from '../accounts/without-memory.js';
import { limits } from '../guessing/limits.js';
import { Throttles } from '../guessing/throttles.js';
import { Avatars } from './avatars.js';
import { PhoneCodes } from './phone-codes.js';
import { e164 } from './phone.js';
import { BELONGS_TO, FIND_AVATAR, LOCK_PERSON, UPDATE_PERSON } from './profile.queries.js';

/** What people say of themselves. */
@Serves(profileApi)
export class ProfileService implements ProfileApi {
  constructor(
    @Inject(TenantTransaction) private readonly tenant: TenantTransaction,
    @Inject(Avatars) private readonly avatars: Avatars,
    @Inject(PhoneCodes) private readonly phoneCodes: PhoneCodes,
    @Inject(Throttles) private readonly throttles: Throttles,
  ) {}

  /** Changes the given fields. @throws AppError `request.invalid` for a phone number or a team that is none of theirs */
  update(ctx: Ctx, input: UpdateProfile): Promise<UserAccount> {
    const { userId } = requirePerson(ctx);
    const phone = input.phone ? e164(input.phone) : input.phone;
    return this.tenant.run(ctx, async (db) => {
      const before = await lockPerson(db, userId);
      if (input.primaryTenantId) await requireMembership(db, userId, input.primaryTenantId);
      if (phone !== undefined && phone !== before.userPhone) await this.phoneCodes.revoke(db, userId);
      const [after] = await db.query<UserColumns>(UPDATE_PERSON, [
        userId,
        given(input.firstName?.trim() ?? input.firstName, before.firstName),
        given(input.lastName?.trim() ?? input.lastName, before.lastName),
        given(phone, before.userPhone),
        given(input.primaryTenantId, before.primaryTenantId),
        JSON.stringify(given(input.metadata, before.userMetadata)),
      ]);
      assert(after, 'a locked row can be updated');
      return toUser(after);
    });
  }

  /**
   * Texts a code to the number of the profile.
   * @throws AppError `account.phone_missing` | `account.phone_verified_already` | `account.phone_codes_off` | `account.slow_down`
   */
  async sendPhoneCode(ctx: Ctx, _: Nothing): Promise<void> {
    const { userId } = requirePerson(ctx);
    this.phoneCodes.requireTexts();
    await this.tenant.run(ctx, async (db) => {
      const phone = await unverifiedPhone(db, userId);
      await this.throttles.claimIn(db, ...limits.phoneCode(userId, phone));
      await this.phoneCodes.send(db, userId, phone);
    });
  }

  /** @throws AppError `account.code_wrong` with the tries left | `account.code_used_up` */
  async confirmPhone(ctx: Ctx, { code }: ConfirmPhone): Promise<void> {
    const { userId } = requirePerson(ctx);
    // The count of tries commits; only then may the request fail.
    const tried = await this.tenant.run(withoutMemory(ctx), (db) =>
      this.phoneCodes.confirm(db, userId, code),
    );
    if (tried.outcome === 'wrong') throw accountErrors.code_wrong({ extras: { triesLeft: tried.triesLeft } });
    if (tried.outcome === 'none') throw accountErrors.code_used_up();
  }

  /** @throws AppError `account.avatar_not_found` | `account.avatar_refused` | `account.avatar_too_large` */
  async setAvatar(ctx: Ctx, { objectKey }: SetAvatar): Promise<UserAccount> {
    const { userId } = requirePerson(ctx);
    const contentType = await this.avatars.inspect(userId, objectKey);
    return this.tenant.run(ctx, (db) => this.avatars.put(db, userId, { objectKey, contentType }));
  }

  async removeAvatar(ctx: Ctx, _: Nothing): Promise<void> {
    const { userId } = requirePerson(ctx);
    await this.tenant.run(ctx, (db) => this.avatars.put(db, userId, undefined));
  }

  /** Where the picture of a member of the caller's team is stored. @throws AppError `account.avatar_not_found` */
  async avatar(ctx: Ctx, { userId }: AvatarRef): Promise<Avatar> {
    const [found] = await this.tenant.read<Avatar>(
      ctx,
      FIND_AVATAR,
      [ctx.tenantId, userId],
      'identity-avatar',
    );
    if (!found) throw accountErrors.avatar_not_found();
    return found;
  }
}

async function lockPerson(db: TenantDb, userId: string): Promise<UserColumns> {
  const [person] = await db.query<UserColumns>(LOCK_PERSON, [userId]);
  if (!person) throw accountErrors.not_a_member();
  return person;
}

async function unverifiedPhone(db: TenantDb, userId: string): Promise<string> {
  const { userPhone, phoneVerified } = await lockPerson(db, userId);
  if (!userPhone) throw accountErrors.phone_missing();
  if (phoneVerified) throw accountErrors.phone_verified_already();
  return userPhone;
}

async function requireMembership(db: TenantDb, userId: string, tenantId: string): Promise<void> {
  await db.execute(ACT_AS_USER, [userId]);
  const [membership] = await db.query(BELONGS_TO, [userId, tenantId]);
  if (membership) return;
  const detail = 'is not one of your teams';
  throw requestErrors.invalid({ errors: [{ pointer: '/primaryTenantId', code: 'team', detail }] });
}

/** What was asked for, or what is there. */
function given<T>(wanted: T | undefined, current: T): T {
  return wanted === undefined ? current : wanted;
}
