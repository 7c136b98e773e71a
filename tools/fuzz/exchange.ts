import { request as httpRequest } from 'node:http';
import { BODY_BYTES_MAX } from '@leadwire/kernel';
import { send, type Answer, type Request } from '../isolation/request.ts';

const TIMEOUT_MS = 20_000;
/** How a connection that the other side has closed shows while one still writes to it or waits. */
const CUT = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** What came of a request; `cut`: the server hung up, and the answer is to a small body that was sent after it. */
export type Exchange = { answer: Answer; cut: boolean };

/**
 * Sends a request. A server may hang up on a body that is larger than it takes (RFC 9110, 15.5.14), and whoever still writes sees
 * that instead of the answer; it must then answer the same request with a small body on a new connection.
 * @throws Error when nothing comes back, or the server hung up on a body that it could have read
 */
export async function exchange(api: string, request: Request, streams = false): Promise<Exchange> {
  try {
    return { answer: await send(api, request, streams), cut: false };
  } catch (error) {
    if (!wasCut(error) || !isTooLarge(request.body)) throw error;
    return { answer: await sendAnew(api, { ...request, body: '{}' }), cut: true };
  }
}

function wasCut(error: unknown): boolean {
  const cause = error instanceof TypeError ? (error.cause as { code?: string } | undefined) : undefined;
  return CUT.has(cause?.code ?? '');
}

function isTooLarge(body: Request['body']): boolean {
  return (
    body !== undefined && !(body instanceof FormData) && Buffer.byteLength(body as string) > BODY_BYTES_MAX
  );
}

/** One request on a connection of its own. */
function sendAnew(
  api: string,
  { method, target, headers, body }: Request & { body: string },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { method, headers, agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) };
    const request = httpRequest(api + target, options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(
            Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
          ),
          text,
          sent: `${target} ${body}`,
        }),
      );
    });
    request.once('error', reject);
    request.end(body);
  });
}
