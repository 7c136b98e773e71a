import type { Behaviour } from '../misbehaviours/misbehaviour.js';

/** A refusal as `smtp-server` takes it: the code and the text of the reply. */
export class SmtpRefusal extends Error {
  constructor(
    readonly responseCode: number,
    text: string,
  ) {
    super(text);
  }
}

/** The reply of each behaviour that is one; after a 421 the server closes the connection (RFC 5321 §3.8). */
export function refusalOf(behaviour: Behaviour): SmtpRefusal | undefined {
  switch (behaviour) {
    case 'reject-421':
      return new SmtpRefusal(421, '4.3.2 Service not available, closing transmission channel');
    case 'reject-450':
      return new SmtpRefusal(450, '4.2.1 Mailbox busy, try again later');
    case 'reject-550':
      return new SmtpRefusal(550, '5.1.1 No such mailbox');
    case 'auth-failure':
      return new SmtpRefusal(535, '5.7.8 Authentication credentials invalid');
    case 'slow':
    case 'drop-after-data':
    case 'drop-before-store':
      return undefined;
  }
}
