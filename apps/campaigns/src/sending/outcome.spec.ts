import { LeaseLostError } from './mail.js';
import { outcomeOf, type Phase } from './outcome.js';

const failure = (fields: object) => Object.assign(new Error('it failed'), fields);

describe('what a failure means', () => {
  it.each<[string, Phase, object, object]>([
    ['no answer after the data is doubtful', 'handed-over', { code: 'ECONNECTION' }, { kind: 'doubtful' }],
    [
      'a reset right after the data means it was not read',
      'handed-over',
      { code: 'ESOCKET', originalCode: 'ECONNRESET' },
      { kind: 'deferred' },
    ],
    [
      'a 550 after the data is final',
      'handed-over',
      { responseCode: 550, command: 'DATA' },
      { kind: 'refused' },
    ],
    ['a 451 after the data is worth another try', 'handed-over', { responseCode: 451 }, { kind: 'deferred' }],
    [
      "a refused connection is the account's",
      'opening',
      { code: 'ESOCKET' },
      { kind: 'account', fatal: false },
    ],
    [
      'a refused login needs a person',
      'opening',
      { code: 'EAUTH', responseCode: 535 },
      { kind: 'account', fatal: true },
    ],
    [
      'a login put off does not',
      'opening',
      { code: 'EAUTH', responseCode: 454 },
      { kind: 'account', fatal: false },
    ],
    [
      'a refused sender needs a person',
      'sending',
      { responseCode: 550, command: 'MAIL FROM' },
      { kind: 'account', fatal: true },
    ],
    [
      "a busy server is the account's",
      'sending',
      { responseCode: 421, command: 'RCPT TO' },
      { kind: 'account', fatal: false },
    ],
    [
      'a refused recipient is final',
      'sending',
      { responseCode: 550, command: 'RCPT TO' },
      { kind: 'refused' },
    ],
    [
      'a recipient put off is worth another try',
      'sending',
      { responseCode: 450, command: 'RCPT TO' },
      { kind: 'deferred' },
    ],
    [
      'a connection lost before the end of the data is worth another try',
      'sending',
      { code: 'ECONNECTION' },
      { kind: 'deferred' },
    ],
    [
      'an address that is none is final',
      'sending',
      { code: 'EENVELOPE', command: 'API' },
      { kind: 'refused' },
    ],
  ])('%s', (_, phase, fields, expected) => {
    expect(outcomeOf(failure(fields), phase)).toMatchObject(expected);
  });

  it('a reset long after the data tells nothing', () => {
    const reset = failure({ code: 'ESOCKET', originalCode: 'ECONNRESET' });
    expect(outcomeOf(reset, 'handed-over', 60_000)).toMatchObject({ kind: 'doubtful' });
  });

  it('a mail taken over by another process is simply given back', () => {
    expect(outcomeOf(new LeaseLostError(), 'sending')).toEqual({ kind: 'returned' });
  });
});
