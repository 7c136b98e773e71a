import { defineErrors } from '@leadwire/kernel';

export const oidcErrors = defineErrors('oidc', {
  provider_not_found: { kind: 'not_found', text: 'There is no such provider.' },
  provider_unavailable: {
    kind: 'unavailable',
    text: 'The provider does not answer right now; try again, or log in another way.',
    log: 'warn',
  },
  log_in_unknown: {
    kind: 'unauthenticated',
    text: 'This log-in was used already, took too long, or was begun elsewhere; start again.',
  },
  denied: { kind: 'forbidden', text: 'The log-in was called off at the provider.' },
  rejected: {
    kind: 'unauthenticated',
    text: 'What the provider sent could not be verified; start again.',
    log: 'warn',
  },
  email_missing: {
    kind: 'unprocessable',
    text: 'The provider did not share an e-mail address; allow it there, or sign up with a password.',
  },
  email_unverified: {
    kind: 'forbidden',
    text: 'The provider has not verified your e-mail address; ask for a link to sign up with POST /v1/sign-up-links.',
  },
  link_required: {
    kind: 'conflict',
    text: 'There is an account with this address; show its password once to log in with the provider.',
  },
  sign_up_required: {
    kind: 'conflict',
    text: 'There is no account for this yet; name a team to make one, or link the account you have.',
  },
  ticket_unknown: {
    kind: 'unauthenticated',
    text: 'This ticket was used already or took too long; start again at the provider.',
  },
  identity_taken: { kind: 'conflict', text: 'This account of the provider is linked with another account.' },
  too_many_identities: { kind: 'conflict', text: 'Unlink another way to log in first.' },
  reauthentication_required: {
    kind: 'forbidden',
    text: 'Log in again, or show your password, to change how you log in.',
  },
  last_way_in: {
    kind: 'conflict',
    text: 'This is your only way to log in; set a password or link another first.',
  },
  identity_not_found: { kind: 'not_found', text: 'There is no such linked account.' },
});
