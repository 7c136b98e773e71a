import { defineErrors } from '@leadwire/kernel';

export const accountErrors = defineErrors('account', {
  email_taken: { kind: 'conflict', text: 'There is an account with this e-mail address already.' },
  bad_credentials: { kind: 'unauthenticated', text: 'E-mail address or password is wrong.' },
  slow_down: { kind: 'rate_limited', text: 'Too many tries for this account; wait a moment.' },
  not_a_member: { kind: 'forbidden', text: 'You do not belong to this team.' },
  session_ended: { kind: 'unauthenticated', text: 'This session has ended; sign in again.' },
});

export const tenantErrors = defineErrors('tenant', {
  not_found: { kind: 'not_found', text: 'There is no such team.' },
  suspended: { kind: 'forbidden', text: 'This team is suspended; its owner can say why.' },
});

export const sessionErrors = defineErrors('session', {
  not_found: { kind: 'not_found', text: 'You have no such open session.' },
});
