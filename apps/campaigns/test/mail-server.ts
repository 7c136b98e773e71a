import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';

export type Received = { to: string; user: string; mail: ParsedMail };
type Verdict = { code: number } | 'drop' | 'drop-before-store' | undefined;

/** A real mail server that keeps what it takes and misbehaves when told to. */
export class MailServer {
  readonly received: Received[] = [];
  /** Decides on a recipient at RCPT. */
  onRecipient: (to: string) => Verdict = () => undefined;
  /** Decides on a mail after its data. */
  onData: (to: string) => Verdict = () => undefined;
  /** Holds the answer to a mail back until it resolves. */
  onAnswer: (to: string) => Promise<void> | undefined = () => undefined;
  refuseLogin = false;
  /** Milliseconds before a mail is answered. */
  delayMs = 0;
  private readonly server: SMTPServer;
  private port = 0;

  private constructor() {
    this.server = new SMTPServer({
      authOptional: true,
      allowInsecureAuth: true,
      disableReverseLookup: true,
      logger: false,
      closeTimeout: 200,
      onAuth: ({ username }, _session, done) => {
        if (this.refuseLogin) return done(refusal(535));
        done(null, { user: username ?? '' });
      },
      onRcptTo: ({ address }, _session, done) => {
        const verdict = this.onRecipient(address);
        done(typeof verdict === 'object' ? refusal(verdict.code) : null);
      },
      onData: (stream, session, done) => void this.take(stream, session, done),
    });
    this.server.on('error', () => undefined);
  }

  static async start(): Promise<MailServer> {
    const server = new MailServer();
    await server.listen();
    return server;
  }

  /** Opens the port (again: the same one). */
  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.server.address() as AddressInfo).port;
  }

  get account() {
    return { smtpHost: '127.0.0.1', smtpPort: this.port, smtpUsername: 'sam', smtpPassword: 'secret-1' };
  }

  to(address: string): Received[] {
    return this.received.filter(({ to }) => to === address);
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.server.close(resolve));
  }

  private async take(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    done: (error?: Error | null) => void,
  ): Promise<void> {
    const to = session.envelope.rcptTo[0]?.address ?? '';
    const user = String(session.user ?? '');
    const mail = await simpleParser(stream).catch(() => undefined);
    if (!mail) return;
    const verdict = this.onData(to);
    if (typeof verdict === 'object') return done(refusal(verdict.code));
    if (verdict !== 'drop-before-store') this.received.push({ to, user, mail });
    if (verdict) return this.drop(session);
    await this.onAnswer(to);
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    done();
  }

  private drop({ id }: SMTPServerSession): void {
    for (const connection of this.server.connections) {
      const { id: other, _socket } = connection as unknown as { id: string; _socket: { destroy(): void } };
      if (other === id) _socket.destroy();
    }
  }
}

const refusal = (responseCode: number) =>
  Object.assign(new Error(`refused with ${responseCode}`), { responseCode });
