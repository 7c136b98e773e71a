import type { AddressInfo } from 'node:net';
import { simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { eventually } from './eventually.js';

export type SunkMail = {
  from: string;
  to: string;
  messageId: string;
  subject: string;
  text: string;
  html: string;
  headers: ReadonlyMap<string, unknown>;
  attachments: { filename: string; contentType: string; content: Buffer }[];
};

/** A real mail server on loopback that keeps what it takes, and refuses when told to. */
export class MailSink {
  readonly mails: SunkMail[] = [];
  /** The code that a recipient is refused with; undefined takes the mail. */
  refuse: (to: string) => number | undefined = () => undefined;
  /** Keeps mails but hangs up instead of saying so. */
  hangUpAfterData = false;
  private readonly server: SMTPServer;
  private port = 0;

  private constructor() {
    this.server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      disableReverseLookup: true,
      logger: false,
      closeTimeout: 200,
      onRcptTo: ({ address }, _session, done) => {
        const code = this.refuse(address);
        done(code === undefined ? null : Object.assign(new Error('refused'), { responseCode: code }));
      },
      onData: (stream, session, done) => void this.take(stream, session, done),
    });
    this.server.on('error', () => undefined);
  }

  static async start(): Promise<MailSink> {
    const sink = new MailSink();
    await new Promise<void>((resolve) => sink.server.listen(0, '127.0.0.1', resolve));
    sink.port = (sink.server.server.address() as AddressInfo).port;
    return sink;
  }

  /** What a service is told as its mail server. */
  get url(): string {
    return `smtp://127.0.0.1:${this.port}?ignoreTLS=true`;
  }

  /** The mails to an address so far, oldest first. */
  to(address: string): SunkMail[] {
    return this.mails.filter(({ to }) => to === address);
  }

  /** Waits for a mail to `address`: the newest one whose subject contains `subject`. */
  waitFor(address: string, subject = ''): Promise<SunkMail> {
    return eventually(() => this.to(address).findLast((mail) => mail.subject.includes(subject)));
  }

  /** Waits for such a mail and reads the token in its link. */
  async tokenFor(address: string, subject = ''): Promise<string> {
    const { text } = await this.waitFor(address, subject);
    const token = /#token=([\w-]+)/.exec(text)?.[1];
    if (!token) throw new Error(`There is no link with a token in: ${text}`);
    return token;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.server.close(resolve));
  }

  private async take(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    done: (error?: Error | null) => void,
  ): Promise<void> {
    const mail = await simpleParser(stream).catch(() => undefined);
    if (!mail) return;
    const { mailFrom, rcptTo } = session.envelope;
    for (const { address } of rcptTo)
      this.mails.push({
        from: mailFrom ? mailFrom.address : '',
        to: address,
        messageId: mail.messageId ?? '',
        subject: mail.subject ?? '',
        text: mail.text ?? '',
        html: mail.html || '',
        headers: mail.headers,
        attachments: mail.attachments.map(({ filename = '', contentType, content }) => ({
          filename,
          contentType,
          content,
        })),
      });
    if (!this.hangUpAfterData) return done();
    for (const connection of this.server.connections)
      if (connection.id === session.id) connection._socket.destroy();
  }
}
