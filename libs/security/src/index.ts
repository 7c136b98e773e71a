export * from './api-keys.js';
export * from './sealed-secrets.js';
export * from './signed-ctx.js';
export * from './signed-token.js';
export * from './outbound-fetch.js';
export * from './outbound-host.js';
