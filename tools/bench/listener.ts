// Child process of the latency part: another service that handles the producer's events.
import { startService } from '@leadwire/platform';
import { listenerService } from './bench-service.ts';

const now = (): number => performance.timeOrigin + performance.now();
let batch: [number, number][] = [];
const flush = setInterval(() => {
  if (batch.length > 0) process.send?.({ handled: batch });
  batch = [];
}, 100);

const { stop } = await startService(listenerService((n) => batch.push([n, now()])));
process.send?.({ ready: true });
process.once('message', () => {
  clearInterval(flush);
  void stop().then(() => process.exit(0));
});
