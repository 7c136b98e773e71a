import { stopOnSignal } from '@leadwire/platform';
import { startGateway } from './start-gateway.js';

try {
  const { stop } = await startGateway();
  stopOnSignal(stop);
} catch (error) {
  process.stderr.write(
    `gateway could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
}
