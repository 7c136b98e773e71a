import { defineErrors } from '@leadwire/kernel';

export const apiKeyErrors = defineErrors('api_key', {
  not_found: { kind: 'not_found', text: 'There is no such API key.' },
  not_yours: { kind: 'forbidden', text: 'Only its owner may change this API key; you may revoke it.' },
  scope_beyond_rights: { kind: 'forbidden', text: 'An API key may not do more than you may.' },
  too_many: { kind: 'conflict', text: 'There are as many API keys as there may be; revoke one first.' },
  not_active: { kind: 'conflict', text: 'This API key no longer works, or is being replaced already.' },
  ended: { kind: 'unauthenticated', text: 'This API key has expired or was revoked.' },
  address_not_allowed: {
    kind: 'forbidden',
    text: 'This API key may not be used from this address.',
    log: 'warn',
  },
});

export const accountErrors = defineErrors('account', {
  email_taken: { kind: 'conflict', text: 'There is an account with this e-mail address already.' },
  sign_up_by_link: {
    kind: 'forbidden',
    text: 'To sign up here, ask for a link with POST /v1/sign-up-links; it comes by mail.',
  },
  bad_credentials: { kind: 'unauthenticated', text: 'E-mail address or password is wrong.' },
  slow_down: { kind: 'rate_limited', text: 'Too many tries; wait a moment.' },
  not_a_member: { kind: 'forbidden', text: 'You do not belong to this team.' },
  not_found: { kind: 'not_found', text: 'There is no such account.' },
  session_ended: { kind: 'unauthenticated', text: 'This session has ended; sign in again.' },
  password_refused: { kind: 'unprocessable', text: 'This password is too easy to guess; choose another.' },
  link_invalid: {
    kind: 'unprocessable',
    text: 'This link does not work: it was used, has expired or was replaced. Ask for a new one.',
  },
  email_verified_already: { kind: 'conflict', text: 'Your e-mail address is confirmed already.' },
  email_unchanged: { kind: 'unprocessable', text: 'This is your e-mail address already.' },
  phone_missing: { kind: 'conflict', text: 'Add your phone number first.' },
  phone_verified_already: { kind: 'conflict', text: 'Your phone number is confirmed already.' },
  phone_codes_off: { kind: 'conflict', text: 'Phone numbers cannot be confirmed here.' },
  code_wrong: { kind: 'unprocessable', text: 'This code is wrong.' },
  code_used_up: { kind: 'unprocessable', text: 'There is no code to enter; ask for a new one.' },
  avatar_not_found: { kind: 'not_found', text: 'There is no such picture.' },
  avatar_refused: {
    kind: 'unprocessable',
    text: 'A picture is a PNG, JPEG or WebP file of at most 4096 by 4096 pixels.',
  },
  avatar_missing: { kind: 'invalid', text: 'Send the picture as the part `file` of a form.' },
  avatar_too_large: { kind: 'too_large', text: 'A picture has at most 2 MiB.' },
});

export const tenantErrors = defineErrors('tenant', {
  not_found: { kind: 'not_found', text: 'There is no such team.' },
  suspended: { kind: 'forbidden', text: 'This team is suspended; ask the support.' },
  closed: { kind: 'forbidden', text: 'This team was closed.' },
  changed_meanwhile: {
    kind: 'precondition_failed',
    text: 'Somebody changed the team meanwhile; read it again.',
  },
  slug_taken: { kind: 'conflict', text: 'Another team has this short name.' },
  slug_reserved: { kind: 'unprocessable', text: 'This short name is reserved; choose another.' },
  slug_changed_lately: { kind: 'rate_limited', text: 'The short name was changed less than a day ago.' },
  too_many: { kind: 'conflict', text: 'You own as many teams as one person may.' },
  name_differs: { kind: 'unprocessable', text: "This is not the team's name." },
  not_closed: { kind: 'conflict', text: 'This team is not closed.' },
  not_active: { kind: 'conflict', text: 'This team is not active.' },
});

/** A signed-in person is asked for the password again before what cannot be undone. */
export const reauthenticationErrors = defineErrors('reauthentication', {
  failed: { kind: 'forbidden', text: 'The password is wrong.' },
});

export const memberErrors = defineErrors('member', {
  not_found: { kind: 'not_found', text: 'There is no such member.' },
  above_you: { kind: 'forbidden', text: 'Only an owner may change an owner.' },
  role_above_yours: { kind: 'forbidden', text: 'You cannot give a role above your own.' },
  last_owner: { kind: 'conflict', text: 'A team needs an owner; make somebody else one first.' },
  owner_already: { kind: 'conflict', text: 'This member is an owner already.' },
});

export const invitationErrors = defineErrors('invitation', {
  not_found: { kind: 'not_found', text: 'There is no such invitation.' },
  expired: { kind: 'conflict', text: 'This invitation has expired; ask for a new one.' },
  revoked: { kind: 'conflict', text: 'This invitation was withdrawn.' },
  used: { kind: 'conflict', text: 'This invitation has been used.' },
  team_not_open: { kind: 'conflict', text: 'This team takes no new members now.' },
  log_in_first: {
    kind: 'conflict',
    text: 'There is an account for this invitation; log in to it, then accept.',
  },
  other_address: { kind: 'forbidden', text: 'This invitation is for another e-mail address than yours.' },
  verify_first: { kind: 'forbidden', text: 'Confirm your e-mail address first, then accept.' },
  daily_limit: { kind: 'rate_limited', text: 'This team has sent as many invitations as it may in a day.' },
  sent_too_often: { kind: 'conflict', text: 'This invitation was sent as often as it may be.' },
  sent_just_now: { kind: 'rate_limited', text: 'This invitation was sent just now; wait a minute.' },
});

export const sessionErrors = defineErrors('session', {
  not_found: { kind: 'not_found', text: 'You have no such open session.' },
});

export const featureErrors = defineErrors('feature', {
  not_found: { kind: 'not_found', text: 'There is no such feature.' },
  not_optional: { kind: 'conflict', text: 'This feature cannot be switched by a team.' },
  not_in_plan: { kind: 'conflict', text: 'The plan of this team does not include this feature.' },
  switched_by_operator: { kind: 'conflict', text: 'This feature was switched off by the operator.' },
});

export const rightErrors = defineErrors('right', {
  capability_not_found: { kind: 'not_found', text: 'There is no such right.' },
  own_rights: { kind: 'forbidden', text: 'Nobody changes their own rights; ask another admin.' },
  owner_rights: { kind: 'conflict', text: 'An owner has every right of the team; change the role first.' },
  not_yours_to_give: { kind: 'forbidden', text: 'You cannot give a right that you do not have.' },
  too_many: { kind: 'conflict', text: 'This team has too many rights of single members; use roles instead.' },
});

export const flagErrors = defineErrors('flag', {
  not_found: { kind: 'not_found', text: 'There is no such row of this flag.' },
  bad_config: { kind: 'invalid', text: 'The configuration of the flag cannot be understood.' },
  member_without_team: { kind: 'invalid', text: 'A row for a member names the team as well.' },
  too_many: { kind: 'conflict', text: 'There are as many flags as a snapshot has room for.' },
});

export const signingKeyErrors = defineErrors('signing_key', {
  not_ready: {
    kind: 'conflict',
    text: 'The next key was published less than ten minutes ago; not every verifier may know it yet.',
  },
});
