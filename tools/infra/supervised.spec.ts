import { get } from 'node:http';
import { join } from 'node:path';
import { answersReady } from '../start/app-process.ts';
import { temporaryDir } from '../fixtures/temporary.ts';
import { ROOT } from './paths.ts';
import { pickPort } from './ports.ts';
import { isRunning } from './processes.ts';
import { StartFailure, SupervisedProcess, type CrashReport } from './supervised.ts';
import { waitFor } from './wait.ts';

const WAIT_MS = 60_000;

describe('a supervised process', () => {
  const dir = temporaryDir();
  const crashes: CrashReport[] = [];
  let port: number;
  let running: SupervisedProcess | undefined;

  async function supervise(env: NodeJS.ProcessEnv = {}, stopGraceMs = WAIT_MS): Promise<SupervisedProcess> {
    port = await pickPort();
    running = new SupervisedProcess(
      {
        name: 'fake',
        command: process.execPath,
        args: [join(ROOT, 'tools/fixtures/fake-app.mjs'), `--instance=${dir.path}`],
        env: { HTTP_PORT: String(port), APP_NAME: 'fake', ...env },
        cwd: dir.path,
        logFile: join(dir.path, 'fake.jsonl'),
        marker: dir.path,
        stopSignal: 'SIGTERM',
        stopGraceMs,
        readyTimeoutMs: WAIT_MS,
        isReady: () => answersReady(port),
        backoff: { firstMs: 20, maxMs: 60, resetMs: 60_000 },
      },
      { crash: (report) => crashes.push(report) },
    );
    return running;
  }

  function crash(): void {
    get({ host: '127.0.0.1', port, path: '/crash', agent: false }).on('error', () => undefined);
  }

  afterEach(async () => {
    await running?.stop();
    crashes.length = 0;
  });
  afterAll(() => dir.remove());

  it('is reported with its last lines and restarted with growing delays when it crashes', async () => {
    const supervised = await supervise();
    await supervised.start();
    for (const restarts of [1, 2, 3, 4]) {
      crash();
      await waitFor('the restart', WAIT_MS, async () => supervised.restarts === restarts);
      await supervised.waitReady();
    }
    expect(crashes.map((report) => report.restartInMs)).toEqual([20, 40, 60, 60]);
    expect(crashes[0]).toMatchObject({ name: 'fake', code: 7, signal: null });
    expect(crashes[0]?.lastLines.at(-1)).toContain('the fake crashes');
  });

  it('comes back after a kill -9, as another process', async () => {
    const supervised = await supervise();
    await supervised.start();
    const before = supervised.pid;
    await supervised.kill();
    await supervised.waitReady();
    expect(supervised.pid).not.toBe(before);
    expect(crashes[0]).toMatchObject({ signal: 'SIGKILL' });
  });

  it('ends in order when it is stopped, and is not restarted', async () => {
    const supervised = await supervise();
    await supervised.start();
    const { record } = supervised;
    await supervised.stop();
    expect(record && isRunning(record)).toBe(false);
    expect(supervised.lastLines().at(-1)).toContain('stopped in order');
    expect(crashes).toEqual([]);
  });

  it('is killed when it does not heed its stop signal', async () => {
    const supervised = await supervise({ IGNORE_SIGTERM: '1' }, 300);
    await supervised.start();
    await supervised.stop();
    expect(supervised.pid).toBeUndefined();
  });

  it('fails to start, with its last lines, when it ends before it is ready', async () => {
    const supervised = await supervise({ FAIL_AT_START: 'fake' });
    const failure = await supervised.start().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StartFailure);
    expect((failure as StartFailure).message).toBe('fake ended with exit code 3 before it was ready');
    expect((failure as StartFailure).lastLines.at(-1)).toContain('the fake cannot start');
    expect(crashes).toEqual([]);
  });
});
