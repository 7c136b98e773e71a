import { defineErrors } from '@leadwire/kernel';

export const invoiceErrors = defineErrors('invoice', {
  not_found: { kind: 'not_found', text: 'There is no such invoice.' },
  line_not_found: { kind: 'not_found', text: 'The invoice has no such line.' },
  no_document: { kind: 'conflict', text: 'A draft has no document: finalise it first.' },
  nothing_to_invoice: {
    kind: 'unprocessable',
    text: 'There is nothing to invoice: nothing was charged since the last invoice.',
  },
  draft_open: { kind: 'conflict', text: 'An invoice over the usage until now is being made already.' },
  not_a_draft: { kind: 'conflict', text: 'Only a draft can be finalised or discarded.' },
  made_by_itself: { kind: 'conflict', text: 'Invoices over usage are finalised by themselves.' },
  not_open: { kind: 'conflict', text: 'Only an invoice that waits to be paid can be paid or voided.' },
  not_the_newest: {
    kind: 'conflict',
    text: 'Only the newest invoice over usage can be voided: its usage goes on the next one.',
  },
  not_creditable: {
    kind: 'conflict',
    text: 'Only a paid invoice over usage is credited: one that is open can be voided.',
  },
  over_credited: { kind: 'unprocessable', text: 'That is more than is left of the invoice to credit.' },
  wallet_closed: { kind: 'conflict', text: 'The wallet of this team is closed.' },
});

export const creditNoteErrors = defineErrors('credit_note', {
  not_found: { kind: 'not_found', text: 'There is no such credit note.' },
});

export const taxRateErrors = defineErrors('tax_rate', {
  not_found: { kind: 'not_found', text: 'There is no such tax rate.' },
  overlaps: { kind: 'conflict', text: 'This tax has another rate at that time: end it first.' },
});
