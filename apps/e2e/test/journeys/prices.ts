import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Price, Quote } from '@leadwire/contracts';
import pg from 'pg';
import { runChargesCommand } from '../../../../tools/charges/commands.ts';
import type { ApiClient } from '../../../../tools/demo/client.ts';
import { runPricesCommand, type PricesOptions } from '../../../../tools/prices/commands.ts';
import type { Platform } from '../../../../tools/start/platform.ts';
import { asOperator } from '../instance.ts';
import { signUpTeam, type World } from './world.ts';

const TWO_MINUTES_MS = 120_000;

export function pricesJourney(world: () => World): void {
  describe('the price list of a platform', () => {
    const folder = mkdtempSync(join(tmpdir(), 'leadwire-prices-'));
    const file = join(folder, 'prices.csv');
    let platform: Platform;
    let owner: ApiClient;
    let team: { id: string; slug: string };

    beforeAll(async () => {
      ({ platform } = world());
      ({ owner, team } = await signUpTeam(platform, 'Prices', 'prices@leadwire.test'));
      await owner.get('/billing/wallet');
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    /** `npm run prices -- …` on this instance. */
    const prices = (text: string, options: PricesOptions = {}) =>
      asOperator(platform, (door) => runPricesCommand(door, { words: text.split(' '), options }));
    const use = (quantity: string) =>
      owner.post('/billing/usage-events', {
        events: [
          {
            key: `use ${quantity}`,
            feature: 'newsletter',
            occurredAt: new Date().toISOString(),
            items: [{ category: 'email', provider: 'smtp', unit: 'message', quantity }],
          },
        ],
      });

    it('is exported, edited, imported, previewed against what was really used, and published; the past stays as it was', async () => {
      await use('150');
      expect(await prices(`export ${file}`)).toMatch(/^\d+ lines? written to/);
      const exported = readFileSync(file, 'utf8');
      const own = `${team.id},email,smtp,,message,USD,graduated,0.0005,,100:0.002,,,,,For them only`;
      writeFileSync(file, `${exported}${own}\n,llm,openai,gpt-5,token,USD,package,0.002,1000,,,,,,\n`);

      const imported = await prices(`import ${file}`, { note: 'For the new year' });
      expect(imported).toContain(
        `added      ${team.id}  email / smtp / message  graduated up to 100: 0.002, then 0.0005 USD`,
      );
      expect(imported).toContain('unchanged  everybody  email / smtp / message');
      const [draftId = ''] = imported.split(' ', 1);
      expect(await prices('drafts')).toContain('“For the new year”');
      const preview = await prices(`preview ${draftId}`);
      expect(preview).toContain(
        `${team.id}  email / smtp / message  1 uses of 150  0.150000 → 0.225000 USD  +0.075000`,
      );
      expect(
        await prices(`preview ${draftId}`, {
          tenant: team.slug,
          to: '2020-01-01T00:00:00Z',
          from: '2019-01-01T00:00:00Z',
        }),
      ).toContain('Nobody used anything');

      const at = new Date(Date.now() + TWO_MINUTES_MS).toISOString();
      expect(await prices(`publish ${draftId}`, { at })).toContain(`published  `);
      const listed = async (query: string) =>
        (await owner.get<{ items: Price[] }>(`/billing/prices?${query}`)).items;
      expect(await listed('category=email')).toMatchObject([{ scheme: 'flat', own: false }]);
      expect(await listed(`at=${at}`)).toMatchObject([
        { scheme: 'graduated', own: true, currency: 'USD', tiers: [{ upTo: '100', unitPrice: '0.002' }] },
        { scheme: 'package', own: false, packageSize: '1000.000000' },
      ]);
      const items = [{ category: 'email', provider: 'smtp', unit: 'message', quantity: '150' }];
      expect(await owner.post<Quote>('/billing/quotes', { items })).toMatchObject({
        total: '0.150000',
        covered: true,
      });
      expect(await owner.post<Quote>('/billing/quotes', { items, at })).toMatchObject({ total: '0.225000' });
      const theirs = await prices('list', { tenant: team.slug });
      expect(theirs).toContain('graduated up to 100: 0.002,');
      expect(theirs).toMatch(new RegExp(`draft ${draftId}, line \\d+$`));
    });

    it('says every line of a file that is wrong, and explains itself', async () => {
      writeFileSync(
        file,
        'category,provider,unit,currency,unit_price\nllm,openai,token,USD,-1\nllm,openai,token,XYZ,1\n',
      );
      await expect(prices(`import ${file}`)).rejects.toThrow(
        /none of it was\.\n {2}line 2, unit_price: must not be negative\n.*\n {2}line 3, currency: must be the ISO 4217 code/,
      );
      await expect(prices('publish')).rejects.toThrow('This needs a draft.');
      await expect(prices('dance')).rejects.toThrow('npm run prices');
    });

    it('lets every charge be rated again to the last digit', async () => {
      const charges = (words: string[], options = {}) =>
        asOperator(platform, (door) => runChargesCommand(door, { words, options }));
      expect(await charges(['replay'])).toMatch(
        /^\d+ uses of \d+ teams rated again, \d+ items: every digit is the same\.$/,
      );
      const database = new pg.Client({ connectionString: platform.adminUrl });
      await database.connect();
      await database.query(
        `UPDATE billing.billing_usage_events
         SET usage_items = jsonb_set(usage_items, '{0,unitPrice}', '"0.0020000000"')
         WHERE tenant_id = $1`,
        [team.id],
      );
      await database.end();
      await expect(charges(['replay'], { tenant: team.slug })).rejects.toThrow(
        'digits: stored unitPrice "0.0020000000", rated again unitPrice "0.0010000000"',
      );
      await expect(charges(['dance'])).rejects.toThrow('npm run charges');
    });
  });
}
