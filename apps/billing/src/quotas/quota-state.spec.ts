import { answerAt, entitlementsAt } from './quota-state.js';
import type { QuotaRow } from './quotas.queries.js';

const JANUARY = new Date('2026-01-31T23:59:59.999Z');
const FEBRUARY = new Date('2026-02-01T00:00:00.000Z');

const row = (over: Partial<QuotaRow> = {}): QuotaRow => ({
  id: 'e',
  feature: 'voice',
  enabled: true,
  dailyQuota: '10.000000',
  monthlyQuota: '100.000000',
  allowOverages: false,
  overageRate: null,
  setAt: JANUARY,
  setBy: 'operator',
  reason: null,
  day: '2026-01-31',
  dayUsed: '9.000000',
  month: '2026-01-01',
  monthUsed: '99.500000',
  ...over,
});

describe('a quota at a moment', () => {
  it('shows what is used and left, and begins anew with the day and the month of UTC', () => {
    const [before] = entitlementsAt([row()], JANUARY).items;
    expect(before).toMatchObject({
      day: { used: '9.000000', left: '1.000000', resetsAt: '2026-02-01T00:00:00.000Z' },
      month: { used: '99.500000', left: '0.500000', resetsAt: '2026-02-01T00:00:00.000Z' },
    });
    const [after] = entitlementsAt([row()], FEBRUARY).items;
    expect(after).toMatchObject({
      day: { used: '0.000000', left: '10.000000', resetsAt: '2026-02-02T00:00:00.000Z' },
      month: { used: '0.000000', left: '100.000000', resetsAt: '2026-03-01T00:00:00.000Z' },
    });
  });

  it('never shows less than nothing left', () => {
    const [item] = entitlementsAt([row({ allowOverages: true, dayUsed: '12.000000' })], JANUARY).items;
    expect(item?.day).toMatchObject({ used: '12.000000', left: '0.000000' });
  });

  it.each([
    ['0.5', row(), { allowed: true, reason: null }],
    ['0.500001', row(), { allowed: false, reason: 'month', resetsAt: '2026-02-01T00:00:00.000Z' }],
    ['2', row({ monthlyQuota: null }), { allowed: false, reason: 'day' }],
    ['2', row({ allowOverages: true }), { allowed: true, overage: true, reason: 'month' }],
    ['0', row({ enabled: false }), { allowed: false, reason: 'disabled', resetsAt: null }],
    ['9999', row({ dailyQuota: null, monthlyQuota: null }), { allowed: true, reason: null }],
  ])('answers whether %s more has room', (quantity, given, answer) => {
    expect(answerAt(given, quantity, JANUARY)).toMatchObject(answer);
  });

  it('has room for what a new month allows', () => {
    expect(answerAt(row(), '10', FEBRUARY)).toMatchObject({ allowed: true });
    expect(answerAt(row(), '11', FEBRUARY)).toMatchObject({ allowed: false, reason: 'day' });
  });
});
