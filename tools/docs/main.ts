// `npm run docs [-- --check] [-- --accept-breaking]`: writes what is generated under docs/, or says what has drifted.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { runLogged } from '../infra/commands.ts';
import { ROOT, toolLog } from '../infra/paths.ts';
import { startPostgres } from '../infra/postgres.ts';
import { describeFailure } from '../start/failure.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Runs `work` with a throw-away Postgres, unless one is given. */
async function withDatabase<T>(work: () => Promise<T>): Promise<T> {
  if (process.env.TEST_DATABASE_ADMIN_URL) return work();
  const dir = mkdtempSync(join(tmpdir(), 'leadwire-docs-'));
  const postgres = await startPostgres({ dir, logFile: toolLog('docs-postgres.log'), fast: true });
  process.env.TEST_DATABASE_ADMIN_URL = postgres.adminUrl;
  try {
    return await work();
  } finally {
    await postgres.stop('immediate');
    postgres.removeData();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { check: { type: 'boolean' }, 'accept-breaking': { type: 'boolean' } },
  });
  await runLogged('nx', ['run-many', '-t', 'build'], { logFile: toolLog('build.log') });
  // After the build, because these load what it made.
  const { loadProduct } = await import('./product.ts');
  const { breakingSinceCommitted, documentsOf, drifted } = await import('./documents.ts');
  const product = await loadProduct('dist');
  const breaking = breakingSinceCommitted(product);
  if (breaking.length > 0 && !values['accept-breaking']) {
    const fix =
      'Fix: keep the old shape beside the new one, or run "npm run docs -- --accept-breaking" when no client exists.';
    throw new Error(
      `The API would break its clients:\n${breaking.map((change) => `  ${change}`).join('\n')}\n${fix}`,
    );
  }
  const documents = await withDatabase(() => documentsOf(product));
  const stale = drifted(documents);
  if (values.check && stale.length > 0) {
    throw new Error(`${stale.join(', ')} no longer say what the code does. Fix: npm run docs, and commit.`);
  }
  for (const path of stale) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), documents[path] as string);
    print(`wrote ${path}`);
  }
  if (stale.length === 0) print('The documents are up to date.');
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
