import { defineErrors } from '@leadwire/kernel';

export const leadErrors = defineErrors('lead', {
  not_found: { kind: 'not_found', text: 'There is no such lead.' },
  duplicate: {
    kind: 'conflict',
    text: 'Another lead has this e-mail address, phone number or LinkedIn address already.',
  },
  changed_meanwhile: {
    kind: 'precondition_failed',
    text: 'Somebody changed this lead meanwhile; read it again.',
  },
  may_not_assign: {
    kind: 'forbidden',
    text: 'You may give a new lead to yourself or to nobody, not to others.',
  },
});

export const leadNoteErrors = defineErrors('lead_note', {
  not_found: { kind: 'not_found', text: 'There is no such note.' },
});

export const leadStageErrors = defineErrors('lead_stage', {
  not_found: { kind: 'not_found', text: 'There is no such stage.' },
  duplicate: { kind: 'conflict', text: 'There is a stage with this key already.' },
  in_use: { kind: 'conflict', text: 'Leads are in this stage; move them first.' },
  last_one: { kind: 'conflict', text: 'A pipeline needs at least one stage.' },
  too_many: { kind: 'conflict', text: 'A pipeline has at most 50 stages.' },
});

export const leadStatusErrors = defineErrors('lead_status', {
  not_found: { kind: 'not_found', text: 'There is no such status.' },
  duplicate: { kind: 'conflict', text: 'There is a status with this key already.' },
  in_use: { kind: 'conflict', text: 'Leads have this status; change them first.' },
  last_one: { kind: 'conflict', text: 'Leads need at least one status.' },
  too_many: { kind: 'conflict', text: 'There are at most 50 statuses.' },
});
