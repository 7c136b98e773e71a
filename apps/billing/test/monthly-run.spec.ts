import type { RunningService } from '@leadwire/platform';
import { eventually } from '@leadwire/testing';
import { InvoiceFixture } from './invoice-fixture.js';

/** Two replicas and sixteen documents take longer than a test usually may. */
const LONG_MS = 240_000;
const NOW = '2026-06-10T00:00:00.000Z';

describe('the monthly run', () => {
  let fixture: InvoiceFixture;
  let replica: RunningService;

  beforeAll(async () => {
    fixture = await InvoiceFixture.start();
    replica = await fixture.service.addReplica();
  }, LONG_MS);
  afterAll(async () => {
    const broken = await fixture.violations();
    await fixture.stop();
    expect(broken).toEqual([]);
  });

  it(
    'makes each team one invoice a month, by two replicas at once, though connections are killed, and catches up after months',
    async () => {
      const both = (time: string) => {
        fixture.at(time);
        fixture.at(time, replica);
      };
      both(NOW);
      const teams = await Promise.all(['A', 'B', 'C', 'D'].map((name) => fixture.team('5', name)));
      for (const ctx of teams) await fixture.use(ctx, 100, NOW);
      both('2026-07-20T00:00:00.000Z');
      for (const ctx of teams) await fixture.use(ctx, 200, '2026-07-20T00:00:00.000Z');
      both('2026-10-01T00:05:00.000Z');
      // Two of them are noticed only now, as when billing was away from their first day on.
      await fixture.service.database.query('DELETE FROM billing.invoice_upkeep WHERE tenant_id = ANY($1)', [
        teams.slice(0, 2).map(({ tenantId }) => tenantId),
      ]);
      const run = () => fixture.operators.run(fixture.operator(), {}).catch(() => undefined);
      for (let i = 0; i < 3; i++) {
        const running = Promise.all([run(), run()]);
        await fixture.service.database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = 'billing_app'`);
        await running;
      }
      await eventually(async () => {
        for (const ctx of teams) {
          await fixture.run(ctx);
          const invoices = await fixture.all(ctx);
          expect(
            invoices.map(({ subtotal, status, periodStart }) => [subtotal, status, periodStart]),
          ).toEqual([
            ['0.20', 'paid', '2026-07-01T00:00:00.000Z'],
            ['0.10', 'paid', '2026-06-01T00:00:00.000Z'],
          ]);
          expect(invoices.map(({ number }) => number?.slice(-4))).toEqual(['0002', '0001']);
        }
        return true;
      }, 60_000);
    },
    LONG_MS,
  );
});
