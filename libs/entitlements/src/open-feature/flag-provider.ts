import { Inject, Injectable } from '@nestjs/common';
import type { Role } from '@leadwire/contracts';
import { Clock } from '@leadwire/kernel';
import {
  FlagNotFoundError,
  OpenFeatureEventEmitter,
  ProviderEvents,
  ProviderNotReadyError,
  TargetingKeyMissingError,
  TypeMismatchError,
  type EvaluationContext,
  type JsonValue,
  type Provider,
  type ResolutionDetails,
} from '@openfeature/server-sdk';
import { EntitlementSnapshots } from '../entitlement-snapshots.js';
import type { FlagAnswer } from '../flags.js';
import type { TenantRights } from '../rights.js';

type Kind = 'boolean' | 'string' | 'number' | 'object';

/**
 * Our flags through OpenFeature (specification 0.8): `OpenFeature.setProviderAndWait('leadwire', provider)`. The context names
 * the team as `tenantId` and the person as `userId` or `targetingKey`; rules may look at every other attribute. Without a
 * team, only flags for everybody are there.
 */
@Injectable()
export class LeadwireFlagProvider implements Provider {
  readonly metadata = { name: 'leadwire' } as const;
  readonly runsOn = 'server' as const;
  readonly events = new OpenFeatureEventEmitter();
  private stopObserving: (() => void) | undefined;

  constructor(
    @Inject(EntitlementSnapshots) private readonly snapshots: EntitlementSnapshots,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Follows changes from now on; the SDK says PROVIDER_READY when this resolves and PROVIDER_ERROR when it throws. */
  async initialize(): Promise<void> {
    await this.snapshots.start();
    this.stopObserving?.();
    this.stopObserving = this.snapshots.observe({
      changed: ({ flagKeys }) =>
        this.events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged: flagKeys }),
      stale: (isStale) => this.events.emit(isStale ? ProviderEvents.Stale : ProviderEvents.Ready),
    });
  }

  async onClose(): Promise<void> {
    this.stopObserving?.();
    this.stopObserving = undefined;
  }

  resolveBooleanEvaluation(key: string, fallback: boolean, context: EvaluationContext) {
    return this.resolve('boolean', key, fallback, context);
  }

  resolveStringEvaluation(key: string, fallback: string, context: EvaluationContext) {
    return this.resolve('string', key, fallback, context);
  }

  resolveNumberEvaluation(key: string, fallback: number, context: EvaluationContext) {
    return this.resolve('number', key, fallback, context);
  }

  resolveObjectEvaluation<T extends JsonValue>(key: string, fallback: T, context: EvaluationContext) {
    return this.resolve('object', key, fallback, context);
  }

  private async resolve<T>(
    kind: Kind,
    key: string,
    fallback: T,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<T>> {
    if (!this.stopObserving) throw new ProviderNotReadyError('The flags have not been read yet.');
    const { tenantId } = context;
    const rights =
      typeof tenantId === 'string' && tenantId
        ? await this.snapshots.of(tenantId)
        : await this.snapshots.forEverybody();
    const answer = answerFor(rights, key, context, this.clock.now().getTime());
    if (answer.errorCode === 'FLAG_NOT_FOUND') throw new FlagNotFoundError(`There is no flag ${key}.`);
    if (answer.errorCode === 'TARGETING_KEY_MISSING')
      throw new TargetingKeyMissingError(`The roll-out of ${key} needs to know whom it is for.`);
    const { value, variant, decidedBy } = answer;
    const reason = this.snapshots.stale ? 'STALE' : answer.reason;
    const flagMetadata = { decidedBy, version: rights.version };
    // A text, number or object that is off has no value of its own: the caller's default is what "off" means there.
    const isOff = value === undefined || (value === false && variant === 'off' && kind !== 'boolean');
    if (isOff) return { value: fallback, reason, flagMetadata };
    if (typeof value !== kind)
      throw new TypeMismatchError(`The flag ${key} is a ${typeof value}, not a ${kind}.`);
    // Whoever changes what they were given must not change what everybody is given.
    return { value: structuredClone(value) as T, variant, reason, flagMetadata };
  }
}

function answerFor(rights: TenantRights, key: string, context: EvaluationContext, now: number): FlagAnswer {
  const { targetingKey, userId, role, ...attributes } = context;
  const person = {
    userId: typeof userId === 'string' ? userId : (targetingKey ?? null),
    ...(typeof role === 'string' ? { role: role as Role } : {}),
  };
  return rights.flag(key, person, now, attributes as Record<string, unknown>);
}
