/** What an instance is told, so that the many requests of a proof from one address are let through. */
export const PROOF_ENV = {
  LOG_LEVEL: 'warn',
  RATE_ANONYMOUS_PER_SECOND: '2000',
  RATE_USER_PER_SECOND: '2000',
  RATE_TENANT_PER_SECOND: '4000',
};
