import { createServer } from 'node:net';
import { reservePort, unreservePort } from './port-reservations.ts';

const HOST = '127.0.0.1';
const PORT_TRIES_MAX = 200;
/** Below the range from which Linux picks source ports, so that no outgoing connection takes a port between pick and use. */
const PRIVATE_PORTS = { first: 20_000, last: 31_999 };

/** Whether nothing listens on the port of 127.0.0.1 (nor on the wildcard address, which would shadow it). */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: HOST, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** The preferred port, or the next free one above it; without a preference, a random free port of the private range. */
export async function pickPort(preferred?: number): Promise<number> {
  for (let attempt = 0; attempt < PORT_TRIES_MAX; attempt++) {
    const port = preferred === undefined ? randomPrivatePort() : preferred + attempt;
    if (port > 65_535) break;
    if (!reservePort(port)) continue;
    if (await isPortFree(port)) return port;
    unreservePort(port);
  }
  throw new Error(`No free port found near ${preferred ?? PRIVATE_PORTS.first} on ${HOST}`);
}

/** Gives a port back when its user has stopped, so that it may be picked again. */
export function releasePort(port: number): void {
  unreservePort(port);
}

function randomPrivatePort(): number {
  const { first, last } = PRIVATE_PORTS;
  return first + Math.floor(Math.random() * (last - first + 1));
}
