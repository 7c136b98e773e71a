import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import {
  accountErrors,
  AVATAR_BYTES_MAX,
  AVATAR_SIDE_MAX_PIXELS,
  AVATAR_TYPES,
  avatarFolder,
  type UserAccount,
} from '@leadwire/contracts';
import { AppError, assert, newId } from '@leadwire/kernel';
import type { TenantDb } from '@leadwire/persistence';
import { ObjectStorage } from '@leadwire/platform';
import { fileTypeFromBuffer } from 'file-type';
import { toUser, type UserColumns } from '../accounts/standing.js';
import { Deliveries } from '../delivery/deliveries.js';
import { DeliveryWorker } from '../delivery/delivery-worker.js';
import { imageSize } from './image-size.js';
import { LOCK_AVATAR, SET_AVATAR } from './profile.queries.js';

const CHANNEL = 'remove-object';
const TYPES: ReadonlySet<string> = new Set(AVATAR_TYPES);

/** Pictures of people, which the gateway has stored and this looks into. */
@Injectable()
export class Avatars implements OnModuleInit {
  constructor(
    @Inject(ObjectStorage) private readonly storage: ObjectStorage,
    @Inject(Deliveries) private readonly deliveries: Deliveries,
    @Inject(DeliveryWorker) private readonly worker: DeliveryWorker,
  ) {}

  onModuleInit(): void {
    this.worker.handle(CHANNEL, ({ key }: { key: string }) => this.storage.remove(key));
  }

  /**
   * What kind of picture an upload of this person is, by its content: neither name nor declared type is believed.
   * @throws AppError `account.avatar_not_found` | `account.avatar_refused` | `account.avatar_too_large`
   */
  async inspect(userId: string, objectKey: string): Promise<string> {
    if (!objectKey.startsWith(avatarFolder(userId)) || objectKey.includes('..'))
      throw accountErrors.avatar_not_found({ internal: 'not an upload of this person' });
    const file = await this.read(objectKey);
    const type = (await fileTypeFromBuffer(file))?.mime ?? '';
    // file-type tells animated PNGs apart; browsers show them as PNG all the same.
    const contentType = type === 'image/apng' ? 'image/png' : type;
    const size = TYPES.has(contentType) ? imageSize(file, contentType) : undefined;
    const fits = (side: number) => side >= 1 && side <= AVATAR_SIDE_MAX_PIXELS;
    if (!size || !fits(size.width) || !fits(size.height)) throw accountErrors.avatar_refused();
    return contentType;
  }

  /** Puts a picture in place of the one before, whose file is removed after the commit. */
  async put(
    db: TenantDb,
    userId: string,
    picture: { objectKey: string; contentType: string } | undefined,
  ): Promise<UserAccount> {
    const [before] = await db.query<{ avatarKey: string | null }>(LOCK_AVATAR, [userId]);
    if (!before) throw accountErrors.not_a_member();
    const { objectKey = null, contentType = null } = picture ?? {};
    const url = picture ? `/v1/users/${userId}/avatar?v=${newId()}` : null;
    const [after] = await db.query<UserColumns>(SET_AVATAR, [userId, objectKey, contentType, url]);
    assert(after, 'a locked row can be updated');
    if (before.avatarKey && before.avatarKey !== objectKey)
      await this.deliveries.followUp(db, { channel: CHANNEL, payload: { key: before.avatarKey } });
    return toUser(after);
  }

  private async read(objectKey: string): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const content = await this.storage.get(objectKey).catch((error: unknown) => {
      const gone = error instanceof AppError && error.code === 'object.not_found';
      throw gone ? accountErrors.avatar_not_found() : error;
    });
    for await (const chunk of content) {
      bytes += (chunk as Buffer).length;
      if (bytes > AVATAR_BYTES_MAX) throw accountErrors.avatar_too_large();
      chunks.push(chunk as Buffer);
    }
    return Buffer.concat(chunks);
  }
}
