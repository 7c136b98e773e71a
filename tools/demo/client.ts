import { setTimeout as wait } from 'node:timers/promises';

const REQUEST_TIMEOUT_MS = 30_000;
/** A file may be large, and the machine slow. */
const UPLOAD_TIMEOUT_MS = 300_000;
const TRIES_MAX = 60;
const TRY_AGAIN_MS = 500;
const UNAUTHENTICATED = 401;
/** The platform is restarting something: worth another try, and safe with an Idempotency-Key. */
const PASSING = new Set([409, 429, 502, 503, 504]);

/** The API refused a request. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string | undefined;

  constructor(method: string, path: string, status: number, body: string) {
    super(`${method} ${path} → ${status} ${body}`);
    this.status = status;
    this.code = (JSON.parse(body || '{}') as { code?: string }).code;
  }
}

/** A client of the public API, as any other program would write it. */
export class ApiClient {
  private token = '';
  private credentials: { email: string; password: string } | undefined;
  private readonly base: string;

  constructor(base: string) {
    this.base = base;
  }

  get signedIn(): boolean {
    return this.token !== '';
  }

  async signUp(tenantName: string, email: string, password: string): Promise<void> {
    this.credentials = { email, password };
    const body = { tenantName, email, password, firstName: 'Dana', lastName: 'Demo' };
    const { accessToken } = await this.send<{ accessToken: string }>('POST', '/sign-ups', body);
    this.token = accessToken;
  }

  /** Logs in; false when there is no such account, or its password is another. */
  async logIn(email: string, password: string): Promise<boolean> {
    this.credentials = { email, password };
    try {
      const { accessToken } = await this.send<{ accessToken: string }>('POST', '/sessions', this.credentials);
      this.token = accessToken;
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === UNAUTHENTICATED) return false;
      throw error;
    }
  }

  /** What authenticates a request of this client, for programs that send their own. */
  headers(): Record<string, string> {
    return this.token ? { authorization: `Bearer ${this.token}` } : {};
  }

  /** Where a path of the API is, for programs that send their own requests. */
  urlOf(path: string): string {
    return `${this.base}/v1${path}`;
  }

  get<T>(path: string): Promise<T> {
    return this.send('GET', path);
  }

  post<T>(path: string, body: unknown = {}): Promise<T> {
    return this.send('POST', path, body);
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.send('PUT', path, body);
  }

  /** Sends a file as a multipart form. */
  upload<T>(path: string, name: string, content: Blob, fields: Record<string, string> = {}): Promise<T> {
    const form = new FormData();
    for (const [key, value] of Object.entries(fields)) form.set(key, value);
    form.set('file', content, name);
    return this.send('POST', path, form);
  }

  // Every POST carries a key, so trying again after an unclear answer never does anything twice.
  private async send<T>(method: string, path: string, body?: unknown): Promise<T> {
    const key = crypto.randomUUID();
    for (let attempt = 1; ; attempt++) {
      const response = await this.once(method, path, body, key).catch((error: unknown) => error as Error);
      if (response instanceof Response && response.ok) {
        const text = await response.text();
        return (text ? JSON.parse(text) : undefined) as T;
      }
      const again = attempt < TRIES_MAX && (await this.mayTryAgain(response));
      if (again) await wait(TRY_AGAIN_MS);
      else if (response instanceof Response)
        throw new ApiError(method, path, response.status, await response.text());
      else throw response;
    }
  }

  private async mayTryAgain(outcome: Response | Error): Promise<boolean> {
    if (!(outcome instanceof Response)) return true;
    if (outcome.status === UNAUTHENTICATED && this.token && this.credentials) {
      const answer = await this.once('POST', '/sessions', this.credentials, crypto.randomUUID()).catch(
        () => undefined,
      );
      if (!answer?.ok) return answer === undefined || PASSING.has(answer.status);
      this.token = ((await answer.json()) as { accessToken: string }).accessToken;
      return true;
    }
    const { code } = (await outcome
      .clone()
      .json()
      .catch(() => ({}))) as { code?: string };
    return PASSING.has(outcome.status) && (outcome.status !== 409 || code === 'idempotency.in_flight');
  }

  private once(method: string, path: string, body: unknown, key: string): Promise<Response> {
    const isForm = body instanceof FormData;
    return fetch(this.urlOf(path), {
      method,
      headers: {
        ...this.headers(),
        ...(method === 'POST' ? { 'idempotency-key': key } : {}),
        ...(body !== undefined && !isForm ? { 'content-type': 'application/json' } : {}),
      },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(isForm ? UPLOAD_TIMEOUT_MS : REQUEST_TIMEOUT_MS),
    });
  }
}
