/** Tokens live five minutes; a proof on a slow machine may take longer. */
const TOKEN_KEPT_MS = 200_000;
const REQUEST_TIMEOUT_MS = 30_000;

export type Tokens = {
  accessToken: string;
  refreshToken: string;
  role: string;
  user: { id: string };
  tenant: { id: string };
};

type PersonFacts = { email: string; password: string; tenantId: string; userId: string };

/** Somebody with an account, in one of their teams; signs in anew before a token runs out. */
export class Person {
  private readonly api: string;
  readonly email: string;
  readonly password: string;
  readonly tenantId: string;
  readonly userId: string;
  private current: { token: Promise<string>; since: number } | undefined;

  constructor(api: string, facts: PersonFacts) {
    this.api = api;
    this.email = facts.email;
    this.password = facts.password;
    this.tenantId = facts.tenantId;
    this.userId = facts.userId;
  }

  /** Makes an account and the team that comes with it. */
  static async signUp(api: string, tenantName: string, email: string): Promise<Person> {
    const password = `a password of ${crypto.randomUUID()}`;
    const body = { tenantName, email, password, firstName: tenantName, lastName: tenantName };
    const since = Date.now();
    const { accessToken, tenant, user } = await postTokens(api, '/v1/sign-ups', body);
    const person = new Person(api, { email, password, tenantId: tenant.id, userId: user.id });
    person.current = { token: Promise.resolve(accessToken), since };
    return person;
  }

  /** The same person in another team. */
  in(tenantId: string): Person {
    const { email, password, userId } = this;
    return new Person(this.api, { email, password, userId, tenantId });
  }

  /** Tokens of a session that nobody else uses. One at a time: tries at one account at once are slowed down. */
  logIn(): Promise<Tokens> {
    const { email, password, tenantId } = this;
    const before = underWay.get(email) ?? Promise.resolve();
    const mine = before
      .catch(() => undefined)
      .then(() => postTokens(this.api, '/v1/sessions', { email, password, tenantId }));
    underWay.set(email, mine);
    return mine;
  }

  async headers(): Promise<Record<string, string>> {
    const now = Date.now();
    if (!this.current || now - this.current.since > TOKEN_KEPT_MS)
      this.current = { token: this.logIn().then(({ accessToken }) => accessToken), since: now };
    return bearer(await this.current.token);
  }
}

/** The latest log-in of each address. */
const underWay = new Map<string, Promise<unknown>>();

export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

async function postTokens(api: string, path: string, body: object): Promise<Tokens> {
  const response = await fetch(api + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`POST ${path} → ${response.status} ${text}`);
  return JSON.parse(text) as Tokens;
}
