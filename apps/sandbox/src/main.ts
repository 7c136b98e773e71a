import { createLogger, readConfig, stopOnSignal } from '@leadwire/platform';
import { startSandbox } from './sandbox.app.js';
import { sandboxConfig } from './sandbox.config.js';

try {
  const config = readConfig(sandboxConfig);
  const app = await startSandbox(config, createLogger('sandbox', config.LOG_LEVEL));
  stopOnSignal(() => app.close());
} catch (error) {
  process.stderr.write(`sandbox could not start: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}
