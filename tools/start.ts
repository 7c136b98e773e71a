// `npm start`: brings a whole Leadwire up on this machine and keeps it up until Ctrl-C.
import { defaultDataDir } from './infra/paths.ts';
import { Progress } from './infra/progress.ts';
import { PREFERRED_PORTS } from './start/apps.ts';
import { readyBox } from './start/box.ts';
import { describeCrash, describeFailure } from './start/failure.ts';
import { Platform } from './start/platform.ts';
import { demoLogin, seedDemoTenant } from './start/seed.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const startedAt = Date.now();
const platform = new Platform({
  dataDir: defaultDataDir(),
  databaseUrl: process.env.DATABASE_URL,
  natsUrl: process.env.NATS_URL,
  preferredPorts: PREFERRED_PORTS,
  build: true,
  onCrash: (report) => print(describeCrash(report)),
});

let asked = 0;
/** First the orderly way; whoever asks again is in a hurry. */
async function stop(): Promise<void> {
  asked++;
  if (asked === 1) {
    print('\n  Stopping … (Ctrl-C again to hurry)');
    await platform.stop();
    print('  Stopped.');
  } else {
    await platform.hurry();
  }
  process.exit(process.exitCode ?? 0);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());
// The bootstrap that started us was killed: nobody could stop us any more.
process.on('disconnect', () => void stop());

try {
  await platform.start();
  const progress = new Progress();
  await progress.step(
    'Demo tenant',
    () => seedDemoTenant(platform),
    (isNew) => (isNew ? 'Demo tenant with leads and a campaign' : 'Demo tenant'),
  );
  print(`\n${readyBox(platform.urls, demoLogin(platform), (Date.now() - startedAt) / 1000)}\n`);
} catch (error) {
  // A start that Ctrl-C ended is no failure.
  if (asked === 0) {
    process.stderr.write(`${describeFailure(error)}\n`);
    process.exitCode = 1;
    await platform.stop();
    process.exit(1);
  }
}
