import { REQUEST_DEADLINE_MS } from '@leadwire/kernel';
import { num, processConfig, str, url } from '@leadwire/platform';

/** What the gateway reads from its environment. */
export const gatewayConfig = {
  ...processConfig,
  OBJECT_STORAGE_DIR: str({ desc: 'Folder shared with leads: uploads wait here for their import.' }),
  TRUST_PROXY: str({
    default: '',
    desc: 'Addresses or networks of proxies whose X-Forwarded-For is believed, separated by commas; empty: none.',
    example: '10.0.0.0/8',
  }),
  APP_URL: url({
    default: 'http://localhost:3000',
    desc: 'Where people open Leadwire in a browser; whoever comes back from a log-in provider is sent there.',
    example: 'https://app.example.com',
  }),
  CORS_ORIGINS: str({
    default: '',
    desc: 'Origins whose pages may use the API, cookies included, separated by commas; empty: only our own. No wildcards.',
    example: 'https://app.example.com',
  }),
  REQUEST_DEADLINE_MS: num({
    default: REQUEST_DEADLINE_MS,
    desc: 'How long one request may take, end to end; then the answer is 504.',
  }),
  RATE_TENANT_PER_SECOND: num({
    default: 500,
    desc: 'Requests per second that one tenant may sustain, per gateway replica.',
  }),
  RATE_USER_PER_SECOND: num({
    default: 100,
    desc: 'Requests per second that one user may sustain, per gateway replica.',
  }),
  RATE_ANONYMOUS_PER_SECOND: num({
    default: 5,
    desc: 'Requests per second without a valid session (sign-up, log-in, bad tokens) that one address may sustain, per gateway replica.',
  }),
  RATE_BURST_SECONDS: num({ default: 10, desc: 'How many seconds of a rate may be spent at once.' }),
};
