import { setTimeout as wait } from 'node:timers/promises';
import type { Teams } from './actors.ts';
import { faultsOf, type Expectation } from './judge.ts';
import type { Cell } from './matrix.ts';
import type { Operation } from './openapi.ts';
import { send, type Answer } from './request.ts';
import type { Team } from './team.ts';

const PATH = '/v1/events/stream';
const OPERATION = 'gateway.events.stream';
const FOREIGN_PLACE: Expectation = { statuses: [400], why: "it is a place in another team's stream" };
const STREAM_DEADLINE_MS = 20_000;
const PAUSE_MS = 50;

/** Both teams work while one listens: it must hear of its own work, and of nothing else, whatever place it claims to have reached. */
export async function crossStreams(
  api: string,
  { victim, home }: Teams,
  operations: readonly Operation[],
  documentFaults: (operation: Operation, answer: Answer) => string[],
): Promise<Cell[]> {
  const theirs = await Listener.open(api, await victim.owner.headers());
  const mine = await Listener.open(api, await home.owner.headers());
  await victim.client.post('/leads', { lastName: `Streamed ${victim.marker}` });
  await theirs.until(victim.marker);
  await home.client.post('/leads', { lastName: `Streamed ${home.marker}` });
  // Events keep their order, so what is ours comes after all that is not.
  await mine.until(home.marker);
  const heard = mine.text;
  mine.close();
  theirs.close();
  const foreignPlace = /^id: ?(.+)$/m.exec(theirs.text)?.[1] ?? '';
  const headers = { ...(await home.owner.headers()), 'last-event-id': foreignPlace };
  const answer = await send(api, { method: 'GET', target: PATH, headers }, true);
  const operation = operations.find(({ id }) => id === OPERATION) as Operation;
  const violations = [...faultsOf(answer, FOREIGN_PLACE), ...documentFaults(operation, answer)];
  return [
    { operation: OPERATION, actor: 'stream', status: 200, violations: foreignIn(heard, victim) },
    { operation: OPERATION, actor: 'Last-Event-ID', status: answer.status, violations },
  ];
}

function foreignIn(text: string, { marker, tenantId }: Team): string[] {
  return [marker, tenantId]
    .filter((secret) => text.includes(secret))
    .map((secret) => `the stream shows "${secret}" of the other team`);
}

/** An open event stream and what it has brought. */
class Listener {
  private readonly hangUp: AbortController;
  text = '';

  private constructor(response: Response, hangUp: AbortController) {
    this.hangUp = hangUp;
    // Hanging up is the one way it ends; a stream that breaks shows in the word that never comes.
    void this.read(response.body as ReadableStream<Uint8Array>).catch(() => undefined);
  }

  static async open(api: string, headers: Record<string, string>): Promise<Listener> {
    const hangUp = new AbortController();
    const response = await fetch(api + PATH, { headers, signal: hangUp.signal });
    if (!response.ok) throw new Error(`GET ${PATH} → ${response.status} ${await response.text()}`);
    return new Listener(response, hangUp);
  }

  /** @throws Error when `word` does not come in time */
  async until(word: string): Promise<void> {
    const deadline = Date.now() + STREAM_DEADLINE_MS;
    while (!this.text.includes(word)) {
      if (Date.now() > deadline) throw new Error(`The stream never said "${word}".`);
      await wait(PAUSE_MS);
    }
  }

  close(): void {
    this.hangUp.abort();
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    for await (const chunk of body) this.text += Buffer.from(chunk).toString();
  }
}
