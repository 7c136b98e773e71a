import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  ledgerExportApi,
  walletsApi,
  type LedgerExport,
  type LedgerExportApi,
  type WalletsApi,
} from '@leadwire/contracts';
import { systemCtx, type Ctx } from '@leadwire/kernel';
import { caller, eventually, TestService } from '@leadwire/testing';
import { billingService } from '../src/billing.module.js';
import type { Command } from '../src/ledger/command.js';
import { PostingQueue } from '../src/ledger/posting-queue.js';
import { migrations } from '../src/migrations/index.js';
import { mails, send } from './mails.js';
import { capture, debit, release, reserve, topUp } from './postings.js';

const VERIFIER = new URL('../../../tools/ledger/main.ts', import.meta.url).pathname;
/** What that command runs: for many files, since a process of its own for each takes most of a second. */
const VERIFYING = new URL('../../../tools/ledger/verify.ts', import.meta.url).pathname;
type Verifying = { runVerify: (file: string, anchor: string | undefined) => Promise<string> };
const run = promisify(execFile);

type Line = Record<string, string | number | null>;

describe('an exported ledger', () => {
  let service: TestService;
  let wallets: WalletsApi;
  let exports: LedgerExportApi;
  let queue: PostingQueue;
  let folder: string;
  let files = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'leadwire-ledger-'));
    service = await TestService.start(billingService, { migrations });
    wallets = service.client(walletsApi);
    exports = service.client(ledgerExportApi);
    queue = service.running.app.get(PostingQueue);
  });
  afterAll(async () => {
    await service.stop();
    await rm(folder, { recursive: true });
  });

  async function post(ctx: Ctx, command: Command): Promise<string> {
    const asSystem = systemCtx(ctx.tenantId, { deadline: Date.now() + 60_000 });
    const { outcome, state } = await queue.submit(asSystem, command);
    expect(outcome).toBe('posted');
    return state?.reservationId ?? '';
  }

  /** Every kind of posting, and every kind of text in them. */
  async function busy(): Promise<Ctx> {
    const ctx = caller();
    await wallets.get(ctx, {});
    await wallets.topUp(ctx, { amount: '5', description: 'Rechnung |7| “für” 東京 🧾\nzweite Zeile \\ "' });
    await post(ctx, debit('0.25', { key: 'a key | with: bars 🔑' }));
    const held = await post(ctx, reserve('2', 3_600_000, { description: 'call' }));
    await post(ctx, capture(held, '0.5'));
    await post(ctx, release(held));
    await send(service, ctx.tenantId, mails(2));
    await eventually(async () => (await wallets.audit(ctx, {})).usageCharged === 2);
    return ctx;
  }

  async function exported(
    ctx: Ctx,
    after?: number,
  ): Promise<{ header: LedgerExport; lines: Line[]; parts: number }> {
    const header = await exports.open(ctx, after === undefined ? {} : { after });
    let text = '';
    let parts = 0;
    for (let at = header.after; at < header.last; parts++) {
      const part = await exports.read(ctx, { after: at, last: header.last });
      text += part.lines;
      at = part.last;
    }
    const lines = text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
    return { header, lines, parts };
  }

  async function written(rows: object[]): Promise<string> {
    const file = join(folder, `${files++}.ndjson`);
    await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return file;
  }

  async function verify(rows: object[], ...args: string[]): Promise<{ ok: boolean; said: string }> {
    const file = await written(rows);
    return run(process.execPath, [VERIFIER, 'verify', file, ...args]).then(
      ({ stdout }) => ({ ok: true, said: stdout }),
      (error: { stderr: string }) => ({ ok: false, said: error.stderr }),
    );
  }

  it('proves itself: the offline verifier recomputes every hash, place and balance from the file alone', async () => {
    const ctx = await busy();
    const { header, lines } = await exported(ctx);
    expect(new Set(lines.map(({ type }) => type))).toEqual(
      new Set(['credit', 'topup', 'debit', 'reservation', 'release']),
    );
    const { ok, said } = await verify([header, ...lines]);
    expect(said).toContain(`✓ ${lines.length} postings`);
    expect(said).toContain(`balance ${header.balance} USD`);
    expect(ok).toBe(true);
  });

  it('goes on where an earlier one ended, and is held against a hash that was kept', async () => {
    const ctx = await busy();
    const whole = await exported(ctx);
    const rest = await exported(ctx, 4);
    expect(rest.lines).toEqual(whole.lines.slice(4));
    expect(rest.header.afterHash).toBe(whole.lines[3]?.['hash']);
    expect(
      await verify([rest.header, ...rest.lines], '--anchor', `4:${rest.header.afterHash}`),
    ).toMatchObject({ ok: true });
    const kept = `6:${'0'.repeat(64)}`;
    expect(await verify([rest.header, ...rest.lines], '--anchor', kept)).toMatchObject({
      ok: false,
      said: expect.stringContaining('posting 6 is not the one'),
    });
  });

  it('of a wallet without postings has a first line only', async () => {
    const ctx = caller();
    const { header, lines } = await exported(ctx, 1);
    expect(lines).toEqual([]);
    expect(await verify([header])).toMatchObject({ ok: true });
  });

  describe('that somebody changed is refused, and the line named:', () => {
    let header: LedgerExport;
    let lines: Line[];

    beforeAll(async () => {
      ({ header, lines } = await exported(await busy()));
    });

    const changed = (place: number, over: Line) =>
      lines.map((line, i) => (i === place ? { ...line, ...over } : line));
    const CHANGES: [string, () => object[], string][] = [
      ['an amount', () => [header, ...changed(2, { amount: '-0.000001' })], 'line 4: the balance becomes'],
      [
        'an amount with its balance',
        () => [header, ...changed(2, { amount: '-0.240000', balanceAfter: '14.760000' })],
        'line 4: posting 3 does not hash',
      ],
      [
        'a description',
        () => [header, ...changed(1, { description: 'Gift' })],
        'line 3: posting 2 does not hash',
      ],
      [
        'a moment',
        () => [header, ...changed(1, { createdAt: '2026-01-01T00:00:00.000000Z' })],
        'line 3: posting 2',
      ],
      ['a key', () => [header, ...changed(2, { idempotencyKey: 'a key' })], 'line 4: posting 3'],
      ['a reference', () => [header, ...changed(0, { referenceId: header.walletId })], 'line 2: posting 1'],
      ['the metadata', () => [header, ...changed(3, { metadata: '{}' })], 'line 5: posting 4'],
      [
        'the bytes of the end',
        () => [header, ...lines.slice(0, -1), { seq: lines.length }],
        'line 9: the balance is',
      ],
      ['a line that is gone', () => [header, ...lines.toSpliced(2, 1)], 'line 4: posting 4 comes after 2'],
      ['the end that is gone', () => [header, ...lines.slice(0, -2)], `ends at posting ${8 - 2} of`],
      [
        'two lines in another order',
        () => [header, ...lines.slice(0, 2), lines[3], lines[2]] as object[],
        'comes after 2',
      ],
      [
        'the balance of the first line',
        () => [{ ...header, balance: '1000.000000' }, ...lines],
        'the first line says 1000',
      ],
      [
        'the team of the first line',
        () => [{ ...header, tenantId: header.walletId }, ...lines],
        'line 2: posting 1',
      ],
      ['everything', () => [{ hello: 'world' }], 'is not the first line of a ledger'],
    ];

    it.each(CHANGES)('%s', async (_, rows, why) => {
      const { runVerify } = (await import(VERIFYING)) as Verifying;
      await expect(runVerify(await written(rows()), undefined)).rejects.toThrow(why);
    });
  });

  it('of any length is read in parts that fit into a message', async () => {
    const ctx = caller();
    await wallets.get(ctx, {});
    const long = '🧾'.repeat(245);
    await Promise.all(Array.from({ length: 700 }, () => post(ctx, topUp('0.01', { description: long }))));
    const { header, lines, parts } = await exported(ctx);
    expect(parts).toBeGreaterThan(2);
    expect(lines).toHaveLength(701);
    expect(await verify([header, ...lines])).toMatchObject({ ok: true });
  });

  it('is of one team only, and nobody reads it without billing.read', async () => {
    const owner = await busy();
    const stranger = caller();
    const { header, lines } = await exported(stranger);
    expect(header.tenantId).toBe(stranger.tenantId);
    expect(lines).toHaveLength(1);
    expect(header.walletId).not.toBe((await exports.open(owner, {})).walletId);
    await expect(exports.open(caller('viewer'), {})).rejects.toMatchObject({ code: 'request.forbidden' });
    await expect(exports.read(caller('viewer'), { after: 0, last: 1 })).rejects.toMatchObject({
      code: 'request.forbidden',
    });
  });

  it.each([{ after: 3 }, { after: -1 }, { after: 1.5 }, { after: '1' }])(
    'cannot start after %j',
    async (input) => {
      await expect(exports.open(caller(), input as never)).rejects.toMatchObject({ code: 'request.invalid' });
    },
  );
});
