import { defineErrors } from '@leadwire/kernel';

export const emailAccountErrors = defineErrors('email_account', {
  not_found: { kind: 'not_found', text: 'There is no such e-mail account.' },
  duplicate: { kind: 'conflict', text: 'An account with this address exists already.' },
  in_use: { kind: 'conflict', text: 'A running or paused campaign sends through this account.' },
  invalid_timezone: {
    kind: 'unprocessable',
    text: 'Name a time zone of the tz database: UTC, or an area and a city, as in Europe/Berlin.',
  },
  password_required: {
    kind: 'unprocessable',
    text: 'A user name needs a password; give it again when you change the server.',
  },
});

export const templateErrors = defineErrors('template', {
  not_found: { kind: 'not_found', text: 'There is no such template.' },
  duplicate: { kind: 'conflict', text: 'A template with this key and language exists already.' },
  in_use: { kind: 'conflict', text: 'A campaign that has not ended uses this template.' },
  invalid: { kind: 'unprocessable', text: 'The template is not valid.' },
  variable_missing: { kind: 'unprocessable', text: 'The lead lacks something that the template needs.' },
});

export const campaignErrors = defineErrors('campaign', {
  not_found: { kind: 'not_found', text: 'There is no such campaign.' },
  not_draft: { kind: 'conflict', text: 'This can only be changed while the campaign is a draft.' },
  wrong_status: { kind: 'conflict', text: "The campaign's status does not allow this." },
  not_ready: { kind: 'unprocessable', text: 'The campaign cannot start yet.' },
  invalid_dates: { kind: 'unprocessable', text: 'A campaign ends after it starts, and in the future.' },
  insufficient_funds: { kind: 'insufficient_funds', text: 'The wallet is empty; top it up first.' },
});
