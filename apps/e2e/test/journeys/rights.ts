import { eventually } from '@leadwire/testing';
import type { ApiClient } from '../../../../tools/demo/client.ts';
import { runFlagsCommand, type FlagsCommand } from '../../../../tools/flags/commands.ts';
import { runKeysCommand } from '../../../../tools/keys/commands.ts';
import type { Platform } from '../../../../tools/start/platform.ts';
import { asOperator } from '../instance.ts';
import { signUpTeam, type World } from './world.ts';

type Entitlements = {
  features: { feature: string; allowed: boolean; decidedBy: string }[];
  capabilities: { capability: string; allowed: boolean; decidedBy: string; trail?: { text: string }[] }[];
  flags: { flag: string; answer: { value?: unknown }; decidedBy: string }[];
};

/** Three rounds of everybody's work, on a machine that has other work, too. */
const WORK_DEADLINE_MS = 90_000;

export function rightsJourney(world: () => World): void {
  describe('what a team has', () => {
    let platform: Platform;
    let owner: ApiClient;
    let slug: string;

    beforeAll(async () => {
      ({ platform } = world());
      const made = await signUpTeam(platform, 'Rights', 'rights@leadwire.test');
      ({ owner } = made);
      ({ slug } = made.team);
    });

    /** `npm run flags -- …` on this instance. */
    const flags = (text: string, options: Omit<FlagsCommand, 'positionals'> = {}) =>
      asOperator(platform, async ({ client, ctx }) => {
        const { operatorRightsApi, operatorsApi } = await import('@leadwire/contracts');
        const door = { rights: client(operatorRightsApi), operators: client(operatorsApi), ctx };
        return runFlagsCommand(door, { positionals: text.split(' '), ...options });
      });
    const request = async (method: string, path: string, body?: object) => {
      const response = await fetch(`${platform.urls.api}/v1${path}`, {
        method,
        headers: { ...owner.headers(), ...(body ? { 'content-type': 'application/json' } : {}) },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      const text = await response.text();
      return { status: response.status, body: text ? (JSON.parse(text) as Record<string, unknown>) : {} };
    };
    const createTemplate = (templateKey: string) =>
      request('POST', '/templates', { templateKey, language: 'en', subject: 'Hello', body: 'Hello' });

    it('is switched by its owner and holds at the door at once, with the reason; every part of it is explained', async () => {
      expect((await createTemplate('before')).status).toBe(201);
      expect((await request('PATCH', '/features/email_campaigns', { enabled: false })).status).toBe(200);
      const refused = await eventually(async () => {
        const answer = await createTemplate('after');
        return answer.status === 403 && answer.body;
      });
      expect(refused).toMatchObject({
        code: 'request.forbidden',
        capability: 'templates.write',
        decidedBy: 'tenant_feature',
      });
      const { capabilities } = await owner.get<Entitlements>('/me/entitlements?explain');
      expect(capabilities.find(({ capability }) => capability === 'campaigns.launch')).toMatchObject({
        allowed: false,
        decidedBy: 'tenant_feature',
        trail: [
          { text: 'The team is active.' },
          { text: 'The trial plan includes E-mail campaigns.' },
          { text: 'E-mail campaigns was switched off for the team.' },
        ],
      });
      expect((await owner.get<{ capabilities: string[] }>('/me')).capabilities).not.toContain(
        'campaigns.launch',
      );
      await request('PATCH', '/features/email_campaigns', { enabled: true });
      await eventually(async () => (await createTemplate('again')).status === 201);
    });

    it('is switched by operators: for everybody, for one team, for a time', async () => {
      expect(await flags('set lead_import off')).toBe('lead_import  off  everybody');
      await eventually(async () => {
        const { body } = await request('GET', '/lead-imports');
        const { features } = await owner.get<Entitlements>('/me/entitlements');
        const found = features.find(({ feature }) => feature === 'lead_import');
        return body && found?.allowed === false && found.decidedBy === 'flag';
      });
      expect(await flags('set lead_import on', { tenant: slug })).toMatch(/^lead_import {2}on {2}tenant /);
      await eventually(async () => {
        const { features } = await owner.get<Entitlements>('/me/entitlements');
        return features.find(({ feature }) => feature === 'lead_import')?.allowed;
      });
      expect((await flags('list', { tenant: slug })).split('\n')).toHaveLength(2);
      expect(await flags('set inbox on', { expires: '2020-01-01T00:00:00Z' })).toMatch(/until 2020/);
      const { flags: mine } = await owner.get<Entitlements>('/me/entitlements');
      expect(mine.find(({ flag }) => flag === 'inbox')).toMatchObject({
        answer: { value: false },
        decidedBy: 'expiry',
      });
      for (const flag of ['inbox', 'lead_import'])
        expect(await flags(`remove ${flag}`)).toBe(`${flag} removed`);
      expect(await flags(`feature ${slug} live_events off`)).toBe('live_events  off');
      await eventually(async () => (await request('GET', '/events/stream')).status === 403);
      expect(await flags('republish')).toMatch(/^\d+ snapshots were published anew$/);
    });

    it('is asked for by people at work whose tokens other keys sign every moment, and nobody is refused', async () => {
      const keys = (command: string) =>
        asOperator(platform, async ({ client, ctx }) => {
          const { signingKeysApi } = await import('@leadwire/contracts');
          return runKeysCommand(client(signingKeysApi), ctx, { command, now: true });
        });
      // One after the other: log-ins of one account at the same moment are slowed down.
      const people: Worker[] = [];
      while (people.length < 4) people.push(await Worker.signedIn(platform.urls.api));
      const working = people.map((person) => person.work());
      try {
        for (let rotation = 0; rotation < 3; rotation++) {
          const before = people.map(({ renewed }) => renewed);
          await keys('rotate');
          // Everybody has got tokens of the new key, and those of the old one are still being shown.
          await eventually(
            () => Promise.resolve(people.every(({ renewed }, i) => renewed > (before[i] ?? 0) + 2)),
            WORK_DEADLINE_MS,
          );
          expect(people.flatMap(({ refusals }) => refusals)).toEqual([]);
        }
      } finally {
        for (const person of people) person.stop();
        await Promise.all(working);
      }
      expect((await keys('list')).split('\n').length).toBeGreaterThanOrEqual(4);
    });

    it('is not changed by a command that makes no sense', async () => {
      await expect(flags('set inbox maybe')).rejects.toThrow(/on or off/);
      await expect(flags('set inbox on', { config: '{' })).rejects.toThrow(/not JSON/);
      await expect(flags('set inbox on', { tenant: 'nobody-has-this' })).rejects.toThrow(/no team/);
      await expect(flags('set inbox on', { config: '{"percent":5}' })).rejects.toMatchObject({
        code: 'flag.bad_config',
      });
      await expect(flags('nonsense')).rejects.toThrow(/npm run flags/);
    });
  });
}

/** Somebody who asks all the time, renews now and then, and notes every answer that is not what they came for. */
class Worker {
  readonly refusals: string[] = [];
  renewed = 0;
  private stopped = false;
  private readonly api: string;
  private accessToken: string;
  private refreshToken: string;

  private constructor(api: string, tokens: { accessToken: string; refreshToken: string }) {
    this.api = api;
    this.accessToken = tokens.accessToken;
    this.refreshToken = tokens.refreshToken;
  }

  static async signedIn(api: string): Promise<Worker> {
    const body = { email: 'rights@leadwire.test', password: 'a long password of an owner' };
    const response = await post(`${api}/v1/sessions`, body);
    expect(response.status).toBe(201);
    return new Worker(api, (await response.json()) as { accessToken: string; refreshToken: string });
  }

  async work(): Promise<void> {
    while (!this.stopped) {
      for (let i = 0; i < 5; i++) await this.ask();
      await this.renew();
    }
  }

  stop(): void {
    this.stopped = true;
  }

  private async ask(): Promise<void> {
    const headers = { authorization: `Bearer ${this.accessToken}` };
    await this.check(await fetch(`${this.api}/v1/me`, { headers }));
  }

  private async renew(): Promise<void> {
    const response = await post(`${this.api}/v1/sessions/refresh`, { refreshToken: this.refreshToken });
    const body = await this.check(response);
    if (!response.ok) return;
    ({ accessToken: this.accessToken, refreshToken: this.refreshToken } = JSON.parse(body) as {
      accessToken: string;
      refreshToken: string;
    });
    this.renewed++;
  }

  private async check(response: Response): Promise<string> {
    const text = await response.text();
    if (!response.ok) this.refusals.push(`${response.status} ${text}`);
    return text;
  }
}

const post = (url: string, body: object): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
