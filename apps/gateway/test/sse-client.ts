import { eventually } from '@leadwire/testing';

export type ReceivedEvent = { id: string; event: string; data: Record<string, unknown> };

/** Reads an event stream as a browser does: events have ids, signals about the stream itself have none. */
export class SseClient {
  readonly events: ReceivedEvent[] = [];
  readonly signals: Omit<ReceivedEvent, 'id'>[] = [];
  ended = false;

  private constructor(private readonly abort: AbortController) {}

  static async open(url: string, token: string, lastEventId?: string): Promise<SseClient> {
    const abort = new AbortController();
    const headers = {
      authorization: `Bearer ${token}`,
      ...(lastEventId ? { 'last-event-id': lastEventId } : {}),
    };
    const response = await fetch(url, { headers, signal: abort.signal });
    if (response.status !== 200)
      throw new Error(`the stream answered ${response.status}: ${await response.text()}`);
    const client = new SseClient(abort);
    void client.read(response.body as ReadableStream<Uint8Array>);
    return client;
  }

  /** Waits until `count` events are there. */
  received(count: number): Promise<ReceivedEvent[]> {
    return eventually(() => this.events.length >= count && this.events);
  }

  async close(): Promise<void> {
    this.abort.abort();
    await eventually(() => this.ended);
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    try {
      for await (const chunk of body) {
        text += decoder.decode(chunk, { stream: true });
        const blocks = text.split('\n\n');
        text = blocks.pop() as string;
        for (const block of blocks) this.take(block);
      }
    } catch (error) {
      if (!this.abort.signal.aborted) this.signals.push({ event: 'error', data: { message: String(error) } });
    } finally {
      this.ended = true;
    }
  }

  private take(block: string): void {
    const field = (name: string) =>
      block
        .split('\n')
        .find((line) => line.startsWith(`${name}: `))
        ?.slice(name.length + 2);
    const [id, event, data] = [field('id'), field('event'), field('data')];
    if (!event || !data) return;
    const parsed = JSON.parse(data) as Record<string, unknown>;
    if (id) this.events.push({ id, event, data: parsed });
    else this.signals.push({ event, data: parsed });
  }
}
