import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { temporaryDir } from '../fixtures/temporary.ts';
import { writeJson } from '../infra/files.ts';
import { ROOT } from '../infra/paths.ts';
import { recordProcess } from '../infra/processes.ts';
import { describeChecks, type Check } from './check.ts';
import { diagnose } from './diagnose.ts';
import { checkPorts } from './ports.ts';
import { checkState } from './state.ts';

describe('the doctor', () => {
  let dir: ReturnType<typeof temporaryDir>;
  const find = (checks: Check[], name: string): Check | undefined =>
    checks.find((check) => check.name === name);

  beforeEach(() => (dir = temporaryDir()));
  afterEach(() => dir.remove());

  it('finds nothing broken before the first start', async () => {
    const checks = await diagnose(ROOT, dir.path);
    for (const name of ['Postgres', 'Data folder', 'Secrets', 'State files', 'Processes']) {
      expect(find(checks, name)).toMatchObject({ status: 'ok' });
    }
    expect(find(checks, 'Postgres')?.message).toMatch(/PostgreSQL\) 18/);
  });

  it('names each broken piece of state and its fix', async () => {
    mkdirSync(join(dir.path, 'postgres'));
    writeFileSync(join(dir.path, 'postgres', 'superuser-password'), 'x');
    writeFileSync(join(dir.path, 'ports.json'), '{ half');
    const checks = await checkState(dir.path);
    expect(find(checks, 'Secrets')).toMatchObject({
      status: 'fail',
      fix: expect.stringContaining('restore that file'),
    });
    expect(find(checks, 'State files')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('ports.json'),
    });
    expect(describeChecks(checks)).toMatch(/fix: restore that file/);
  });

  it('refuses secrets that others can read', async () => {
    writeFileSync(join(dir.path, 'secrets.json'), '{}');
    chmodSync(join(dir.path, 'secrets.json'), 0o644);
    expect(find(await checkState(dir.path), 'Secrets')).toMatchObject({
      status: 'fail',
      fix: expect.stringMatching(/^chmod 600/),
    });
  });

  it('tells who holds a port that the instance would take', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    writeJson(join(dir.path, 'ports.json'), { gateway: port });
    const ports = find(await checkPorts(dir.path), 'Ports');
    await new Promise((resolve) => server.close(resolve));
    expect(ports).toMatchObject({
      status: 'warn',
      message: expect.stringContaining(`gateway ${port} (held by pid ${process.pid}`),
    });
  });

  it('sees the processes of a killed run, and a running service that does not answer', async () => {
    const self = recordProcess(process.pid, '');
    writeJson(join(dir.path, 'run.json'), {
      launcher: { pid: 1, startedAt: 'never', marker: '' },
      processes: { leads: { ...self, stopSignal: 'SIGTERM' } },
    });
    expect(find(await checkState(dir.path), 'Processes')).toMatchObject({
      status: 'warn',
      message: 'left by a killed run: leads',
    });

    writeJson(join(dir.path, 'run.json'), {
      launcher: self,
      processes: {},
      urls: { apps: { leads: 'http://127.0.0.1:1' }, nats: 'nats://127.0.0.1:1' },
    });
    const checks = await diagnose(ROOT, dir.path);
    expect(find(checks, 'leads')).toMatchObject({
      status: 'fail',
      fix: expect.stringContaining('leads.jsonl'),
    });
    expect(find(checks, 'Streams')?.status).toBe('fail');
  });
});
