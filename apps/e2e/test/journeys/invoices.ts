import type { Invoice } from '@leadwire/contracts';
import { eventually } from '@leadwire/testing';
import pg from 'pg';
import type { ApiClient } from '../../../../tools/demo/client.ts';
import { runInvoicesCommand } from '../../../../tools/invoices/commands.ts';
import type { Platform } from '../../../../tools/start/platform.ts';
import { runWalletsCommand } from '../../../../tools/wallets/commands.ts';
import { asOperator } from '../instance.ts';
import { signUpTeam, type World } from './world.ts';

const OWNER = 'invoiced@leadwire.test';
const ADDRESS = {
  company: 'Acme GmbH',
  addressLine1: 'Hauptstraße 1',
  addressLine2: null,
  postalCode: '10115',
  city: 'Berlin',
  region: null,
  country: 'DE',
  vatId: null,
  purchaseOrder: null,
};
/** Between the first reminder and the second. */
const DAYS_LATE = 4;
const GO_LATE = `
  UPDATE billing.billing_invoices
  SET due_at = now() - make_interval(days => $2), next_step_at = now() - make_interval(days => $2)
  WHERE id = $1`;

type Mails = { items: { id: number; subject: string }[] };

export function invoicesJourney(world: () => World): void {
  describe('a team that gets an invoice', () => {
    let platform: Platform;
    let owner: ApiClient;
    let slug: string;

    beforeAll(async () => {
      ({ platform } = world());
      const made = await signUpTeam(platform, 'Invoiced', OWNER);
      ({ owner } = made);
      ({ slug } = made.team);
      await owner.put('/billing/details', ADDRESS);
    });

    /** `npm run invoices -- …` on this instance. */
    const invoices = (text: string, options: Record<string, string> = {}) =>
      asOperator(platform, (door) => runInvoicesCommand(door, text.split(' '), options));
    const newest = async () => {
      const { items } = await owner.get<{ items: Invoice[] }>('/billing/invoices');
      return items[0] as Invoice;
    };
    /** What arrived at the owner with these words in its subject. */
    const mail = (subject: string) =>
      eventually(async () => {
        const query = new URLSearchParams({ to: OWNER, subject });
        const { items } = (await (await fetch(`${platform.urls.sandbox}/mails?${query}`)).json()) as Mails;
        return items[0];
      });

    /** Nothing but what was paid for is invoiced, so the trial credit goes first. */
    async function useWhatWasPaid(): Promise<void> {
      const { balance } = await owner.get<{ balance: string }>('/billing/wallet');
      const options = { amount: `-${balance}`, reason: 'No trial' };
      await asOperator(platform, (door) => runWalletsCommand(door, { words: ['adjust', slug], options }));
      await owner.post('/billing/wallet/top-ups', { amount: '1' });
      const items = [{ category: 'email', provider: 'smtp', unit: 'message', quantity: '1000' }];
      const occurredAt = new Date().toISOString();
      await owner.post('/billing/usage-events', {
        events: [{ key: 'newsletter', feature: 'newsletter', occurredAt, items }],
      });
      await eventually(
        async () => Number((await owner.get<{ balance: string }>('/billing/wallet')).balance) === 0,
      );
    }

    it('reads what it used with its tax, and has it by mail as a document', async () => {
      await useWhatWasPaid();
      expect(await invoices('add-tax VAT 19 DE', { from: '2020-01-01T00:00:00Z' })).toContain(
        '19.0000 %  DE',
      );
      await owner.post('/billing/invoices', { kind: 'usage' });
      expect(await invoices(`run ${slug}`)).toMatch(/teams were looked after$/);
      const issued = await eventually(async () => {
        const invoice = await newest();
        return invoice.number !== null && invoice;
      });
      expect(issued).toMatchObject({ status: 'pending', total: '1.19', due: '0.19' });
      expect(await invoices(`list ${slug}`)).toMatch(
        new RegExp(`^${issued.id}  ${issued.number}  usage  pending  1\\.19 \\w+  0\\.19 due`),
      );
      const { id } = await mail(`Invoice ${issued.number}`);
      const { attachments } = (await (await fetch(`${platform.urls.sandbox}/mails/${id}`)).json()) as {
        attachments: { contentType: string }[];
      };
      expect(attachments).toMatchObject([{ contentType: 'application/pdf' }]);
      const document = await fetch(`${platform.urls.api}/v1/billing/invoices/${issued.id}/pdf`, {
        headers: owner.headers(),
      });
      expect([document.status, (await document.text()).slice(0, 5)]).toEqual([200, '%PDF-']);
    });

    it('is reminded when it pays late, and is done with it once it has paid', async () => {
      const { id, number } = await newest();
      const database = new pg.Client({ connectionString: platform.adminUrl });
      await database.connect();
      await database.query('SET session_replication_role = replica');
      await database.query(GO_LATE, [id, DAYS_LATE]);
      await database.end();
      await invoices(`run ${slug}`);
      expect(await newest()).toMatchObject({ status: 'overdue', due: '0.19' });
      await mail(`Reminder 1: invoice ${number}`);
      expect(await invoices(`list ${slug}`, { status: 'overdue' })).toContain('0.19 due');

      await owner.post('/billing/wallet/top-ups', { amount: '1' });
      const paid = await eventually(async () => {
        const invoice = await newest();
        return invoice.status === 'paid' && invoice;
      });
      expect(paid).toMatchObject({ id, due: '0.00' });
      expect(await owner.get('/billing/wallet')).toMatchObject({ status: 'active', balance: '0.810000' });
      await expect(
        invoices(`mark-paid ${slug} ${id}`, { method: 'bank_transfer', reference: 'Again' }),
      ).rejects.toMatchObject({ code: 'invoice.not_open' });
      await expect(invoices('dance')).rejects.toThrow('npm run invoices');
    });
  });
}
