import { apiKeyChecksApi, type Api, type ApiKeyStanding, type VerifyApiKey } from '@leadwire/contracts';
import { newId, requestErrors, type Ctx } from '@leadwire/kernel';
import { digestOfApiKey, newApiKey, type NewApiKey } from '@leadwire/security';

const YEAR_MS = 366 * 86_400_000;

type Kept = {
  standing: ApiKeyStanding;
  refusal?: () => Error;
  asked: number;
  answersAfter?: Promise<void>;
};

/** Identity's part of API keys: what it knows of each, by digest, and how often it was asked. */
export class FakeKeys {
  private readonly kept = new Map<string, Kept>();
  strangers = 0;

  readonly handlers: [Api, Record<string, (ctx: Ctx, input: never) => unknown>][] = [
    [apiKeyChecksApi as Api, { verify: (_: Ctx, input: VerifyApiKey) => this.verify(input) }],
  ];

  issue(over: Partial<ApiKeyStanding> = {}): { key: NewApiKey; kept: Kept; text: string } {
    const key = newApiKey();
    const standing: ApiKeyStanding = {
      apiKeyId: newId(),
      tenantId: newId(),
      userId: newId(),
      role: 'owner',
      scopes: ['leads.read', 'leads.write'],
      ipAllow: [],
      ratePerSecond: null,
      worksUntil: new Date(Date.now() + YEAR_MS).toISOString(),
      ...over,
    };
    const kept: Kept = { standing, asked: 0 };
    this.kept.set(digestOfApiKey(key.text), kept);
    return { key, kept, text: key.text };
  }

  private async verify({ digest }: VerifyApiKey): Promise<ApiKeyStanding> {
    const kept = this.kept.get(digest);
    if (!kept) {
      this.strangers++;
      throw requestErrors.unauthenticated();
    }
    kept.asked++;
    await kept.answersAfter;
    if (kept.refusal) throw kept.refusal();
    return kept.standing;
  }
}
