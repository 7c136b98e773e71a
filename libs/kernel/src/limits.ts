/** Bounds that hold everywhere. A limit of one feature lives beside that feature. */
export const PAGE_LIMIT_MAX = 100;
export const PAGE_LIMIT_DEFAULT = 25;
/** JSON body of one HTTP request. */
export const BODY_BYTES_MAX = 1024 * 1024;
/** Nesting of a JSON body. */
export const JSON_DEPTH_MAX = 20;
export const ARRAY_ITEMS_MAX = 1000;
/** Free-form jsonb of one row (`metadata`, `custom_fields`, …), serialised. */
export const JSON_OBJECT_BYTES_MAX = 16 * 1024;
/** One event on the bus; NATS refuses more than 1 MiB, and a fact needs far less. */
export const EVENT_BYTES_MAX = 64 * 1024;
/** Characters kept of what a client calls itself. */
export const USER_AGENT_LENGTH_MAX = 256;
/** How long the gateway gives one request, end to end. */
export const REQUEST_DEADLINE_MS = 10_000;
/** What a hop keeps back from its deadline so that its own answer still arrives. */
export const HOP_RESERVE_MS = 50;
