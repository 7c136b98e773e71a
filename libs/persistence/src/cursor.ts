import { createHash } from 'node:crypto';
import type { Page } from '@leadwire/contracts';
import { PAGE_LIMIT_DEFAULT, requestErrors, type Ctx } from '@leadwire/kernel';
import { TokenSigner } from '@leadwire/security';

/** Where a page ended: the sort key's values and the id that breaks ties. */
export type CursorPosition = (string | number | null)[];

/**
 * Keyset pages: cursors are opaque, signed, and bound to tenant, list and filter, so that one made for another question
 * is refused instead of answering it wrongly.
 */
export class Cursors {
  private readonly signer: TokenSigner;

  constructor(key: Buffer) {
    this.signer = new TokenSigner(key);
  }

  /** @throws AppError `request.invalid` when the cursor is not one of ours for this list and filter. */
  read(
    ctx: Ctx,
    list: string,
    input: { cursor?: string; limit?: number },
  ): { after?: CursorPosition; limit: number } {
    const limit = input.limit ?? PAGE_LIMIT_DEFAULT;
    if (input.cursor === undefined) return { limit };
    const after = this.signer.open(purpose(ctx, list, input), input.cursor) as CursorPosition | undefined;
    if (!after) {
      const detail = 'is not a cursor of this list and filter';
      throw requestErrors.invalid({ errors: [{ pointer: '/cursor', code: 'cursor', detail }] });
    }
    return { after, limit };
  }

  /** Cuts `rows` (read with `limit + 1`) to a page; `position` says where a row stands in the list's order. */
  page<R, T>(
    ctx: Ctx,
    list: string,
    input: { cursor?: string; limit?: number },
    rows: R[],
    position: (row: R) => CursorPosition,
    item: (row: R) => T,
  ): Page<T> {
    const limit = input.limit ?? PAGE_LIMIT_DEFAULT;
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    return {
      items: rows.slice(0, limit).map(item),
      next: last === undefined ? null : this.signer.seal(purpose(ctx, list, input), position(last)),
    };
  }
}

function purpose(
  ctx: Ctx,
  list: string,
  { cursor: _, limit: __, ...filter }: { cursor?: string; limit?: number },
): string {
  const question = JSON.stringify(
    Object.entries(filter)
      .filter(([, v]) => v !== undefined)
      .sort(),
  );
  return createHash('sha256').update(`${ctx.tenantId}|${list}|${question}`).digest('base64url');
}
