import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { FeatureKey } from '@leadwire/contracts';
import { Entitlements, EntitlementSnapshots } from '@leadwire/entitlements';
import { can, requestErrors, type Ctx } from '@leadwire/kernel';
import { checkRight } from '@leadwire/messaging';
import { LOGGER, type Logger } from '@leadwire/platform';
import type { Session } from './session.js';

const API_KEYS: FeatureKey = 'api_keys';
const NO_RIGHTS: ReadonlySet<string> = new Set();

/** What a session may do now: worked out here from the team's snapshot, never from what a credential said when it was made. */
@Injectable()
export class SessionRights implements OnApplicationBootstrap {
  /** Of API keys: their scopes met with the rights of their owner, one set object for each pair of the two. */
  private readonly met = new WeakMap<
    ReadonlySet<string>,
    WeakMap<ReadonlySet<string>, ReadonlySet<string>>
  >();

  constructor(
    @Inject(Entitlements) private readonly entitlements: Entitlements,
    @Inject(EntitlementSnapshots) private readonly snapshots: EntitlementSnapshots,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** So that the first request need not wait; where the broker is away, the first request tries again. */
  async onApplicationBootstrap(): Promise<void> {
    await this.entitlements
      .start()
      .catch((err: unknown) => this.logger.warn({ err }, 'rights cannot be followed yet'));
  }

  /**
   * @throws AppError `request.unavailable` | `request.timeout` when the team's rights are nowhere to be had,
   *   `request.forbidden` for a key of a team without API keys
   */
  of(session: Session): ReadonlySet<string> | Promise<ReadonlySet<string>> {
    const held = this.entitlements.capabilitiesOf(session);
    if (session.apiKeyId === undefined) return held;
    if (held instanceof Promise) return held.then((owner) => this.ofKey(session, owner));
    return this.ofKey(session, held);
  }

  /** The rights of a session, none where its team may have no API keys; undefined when they are not here and would have to be asked for. */
  atHand(session: Session): ReadonlySet<string> | undefined {
    const held = this.entitlements.capabilitiesOf(session);
    if (held instanceof Promise) {
      // Whoever needs them asks again; a failure concerns nobody here.
      held.catch(() => undefined);
      return undefined;
    }
    if (session.apiKeyId === undefined) return held;
    return this.hasKeys(session.tenantId) ? this.meet(session.capabilities, held) : NO_RIGHTS;
  }

  /**
   * Checks a right as every service does again, and says which rule refused, to people whom it concerns.
   * @throws AppError `request.forbidden` | `request.unauthenticated`
   */
  async check(ctx: Ctx, session: Session, right: string): Promise<void> {
    const refused = right !== 'signed-in' && right !== 'system' && !can(ctx, right);
    // A key tells whoever holds it nothing about the person that it acts for.
    if (!refused || session.apiKeyId !== undefined || !can(ctx, 'tenant.read')) return checkRight(ctx, right);
    const { tenantId, userId, role } = session;
    const { decidedBy } = await this.entitlements.decide(tenantId, { capability: right, userId, role });
    throw requestErrors.forbidden({ extras: { capability: right, decidedBy } });
  }

  /** Tells when rights may have changed, of one team or of all, until the returned function is called. */
  onChange(listener: (tenantId: string | null) => void): () => void {
    return this.snapshots.observe({ changed: ({ tenantId }) => listener(tenantId) });
  }

  // Asked when the owner's rights are here, and so answered without waiting.
  private ofKey({ tenantId, capabilities }: Session, owner: ReadonlySet<string>): ReadonlySet<string> {
    if (!this.hasKeys(tenantId)) throw requestErrors.forbidden({ extras: { feature: API_KEYS } });
    return this.meet(capabilities, owner);
  }

  private hasKeys(tenantId: string): boolean {
    return this.entitlements.hasFeature(tenantId, API_KEYS) !== false;
  }

  private meet(scopes: ReadonlySet<string>, owner: ReadonlySet<string>): ReadonlySet<string> {
    const known = this.met.get(scopes)?.get(owner);
    if (known) return known;
    const both: ReadonlySet<string> = new Set([...scopes].filter((scope) => owner.has(scope)));
    const byOwner = this.met.get(scopes) ?? new WeakMap<ReadonlySet<string>, ReadonlySet<string>>();
    this.met.set(scopes, byOwner.set(owner, both));
    return both;
  }
}
