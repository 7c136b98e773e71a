import { amount, type Amount } from '@leadwire/kernel';
import { forecast, type Forecast } from './forecast.js';

const NOW = new Date('2026-06-15T09:00:00Z');
const amounts = (values: number[]): Amount[] => values.map((value) => amount(String(value)));
const lot = (remaining: string, expiresAt: string | null = null) => ({
  remaining: amount(remaining),
  expiresAt: expiresAt === null ? null : new Date(expiresAt),
});
/** `days` with the last one first. */
const after = (days: number[], balance = '100'): Forecast => forecast(amounts(days), [lot(balance)], NOW);
const repeated = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('the day a wallet runs dry', () => {
  it('follows from even use, for sure', () => {
    const { perDay, ...foreseen } = after(repeated(28, 10));
    expect(perDay.toFixed()).toBe('10');
    expect(foreseen).toEqual({
      confidence: 'high',
      runsDryOn: '2026-06-25',
      earliest: '2026-06-25',
      latest: '2026-06-25',
    });
  });

  it('does not depend on whether a weekend was just over', () => {
    const week = [0, 0, 14, 14, 14, 14, 14];
    const turned = [14, 14, 14, 0, 0, 14, 14];
    const [monday, thursday] = [week, turned].map((days) => after([...days, ...days, ...days, ...days]));
    expect(monday?.perDay.toFixed()).toBe('10');
    expect(thursday?.perDay.toFixed()).toBe('10');
    expect(monday?.runsDryOn).toBe(thursday?.runsDryOn);
  });

  it('is not moved much by one campaign to everybody', () => {
    const days = repeated(28, 0).map((_, i) => 9 + (i % 3));
    const calm = after(days);
    const once = after(days.with(3, 5_000));
    expect(once.perDay.sub(calm.perDay).toNumber()).toBeLessThan(1);
  });

  it('comes nearer when use grows: the last weeks count most', () => {
    const growing = [...repeated(7, 20), ...repeated(7, 10), ...repeated(14, 5)];
    const { perDay } = after(growing);
    expect(perDay.toNumber()).toBeGreaterThan(13);
    expect(perDay.toNumber()).toBeLessThan(20);
  });

  it('is known less the less evenly, and the shorter, it was used', () => {
    expect(after(repeated(3, 10)).confidence).toBe('low');
    expect(after([9, 11, 10, 9, 11, 10, 10]).confidence).toBe('medium');
    expect(after(repeated(14, 10)).confidence).toBe('high');
    const wild = after(repeated(28, 0).map((_, i) => (i % 9 === 0 ? 90 : 0)));
    expect(wild.confidence).toBe('low');
    expect((wild.earliest as string) < (wild.runsDryOn as string)).toBe(true);
    expect((wild.latest as string) > (wild.runsDryOn as string)).toBe(true);
  });

  it('is none when nothing is used, or when it lasts for a year', () => {
    expect(after(repeated(28, 0))).toMatchObject({
      runsDryOn: null,
      earliest: null,
      latest: null,
      confidence: 'low',
    });
    expect(after(repeated(28, 1), '365').runsDryOn).toBeNull();
    expect(after(repeated(28, 1), '364').runsDryOn).toBe('2027-06-14');
    expect(after([])).toMatchObject({ runsDryOn: null });
  });

  it('is today when nothing is left', () => {
    expect(forecast(amounts(repeated(28, 0)), [], NOW).runsDryOn).toBe('2026-06-15');
    expect(after(repeated(28, 5), '0').runsDryOn).toBe('2026-06-15');
    expect(after(repeated(28, 5), '3').runsDryOn).toBe('2026-06-15');
  });

  it('comes sooner when credit expires before it is used up', () => {
    const lots = [lot('30', '2026-06-17T00:00:00Z'), lot('50')];
    expect(forecast(amounts(repeated(28, 10)), lots, NOW).runsDryOn).toBe('2026-06-22');
  });

  it('is close to what comes true on histories with weekends and noise', () => {
    // A small generator of its own, so that each run sees the same years.
    let seed = 7;
    const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    const use = (day: number) => (day % 7 >= 5 ? 1 : 10) * (0.6 + 0.8 * random());
    const errors = repeated(50, 0).map(() => {
      const past = repeated(28, 0).map((_, i) => use(27 - i));
      const future = repeated(21, 0).map((_, i) => use(28 + i));
      const foreseen = after(past).perDay.toNumber() * 21;
      const came = future.reduce((sum, day) => sum + day, 0);
      return Math.abs(foreseen - came) / came;
    });
    expect(errors.toSorted((a, b) => a - b)[25]).toBeLessThan(0.1);
  });
});
