import { setTimeout as delay } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';
import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { CONFIG, LOGGER, type Logger } from '@leadwire/platform';
import { readHeaders } from '../mails/mail-headers.js';
import { MailStore } from '../mails/mail-store.js';
import { MESSAGE_BYTES_MAX } from '../mails/mail.js';
import { MisbehavioursService, type Verdict } from '../misbehaviours/misbehaviours.service.js';
import type { SandboxConfig } from '../sandbox.config.js';
import { SandboxMetrics } from '../sandbox.metrics.js';
import { selfSignedCertificate } from './certificate.js';
import { receive, type ReceivedData } from './received-data.js';
import { refusalOf, SmtpRefusal } from './smtp-errors.js';

const CONNECTIONS_MAX = 500;
const RECIPIENTS_MAX = 100;
/** How long open dialogues may go on once the process was told to stop. */
const CLOSE_TIMEOUT_MS = 1_000;

type Reply = (error?: Error | null, text?: string) => void;

/** The mail server: takes mail for every domain from everybody, unless it was asked to misbehave. */
@Injectable()
export class SmtpService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly server: SMTPServer;
  private listening = false;

  constructor(
    @Inject(CONFIG) private readonly config: SandboxConfig,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly mails: MailStore,
    private readonly misbehaviours: MisbehavioursService,
    private readonly metrics: SandboxMetrics,
  ) {
    this.server = new SMTPServer({
      ...selfSignedCertificate(Date.now()),
      name: 'sandbox.leadwire.test',
      banner: 'Leadwire sandbox: keeps every mail, delivers none',
      hideSTARTTLS: !config.SMTP_STARTTLS,
      allowInsecureAuth: true,
      authOptional: true,
      disableReverseLookup: true,
      size: MESSAGE_BYTES_MAX,
      maxClients: CONNECTIONS_MAX,
      maxRecipients: RECIPIENTS_MAX,
      closeTimeout: CLOSE_TIMEOUT_MS,
      logger: false,
      onAuth: ({ username }, _session, callback) => {
        const error = this.refuse(this.misbehaviours.forAccount('auth', username ?? null));
        callback(error, error ? undefined : { user: username || 'unnamed' });
      },
      onMailFrom: (_address, session, reply) =>
        void this.answer(this.misbehaviours.forAccount('mail', usernameOf(session)), reply),
      onRcptTo: ({ address }, _session, reply) =>
        void this.answer(this.misbehaviours.forRecipient('recipient', address), reply),
      onData: (stream, session, reply) => void this.take(stream, session, reply),
    });
    // A client that goes away in the middle of a mail is no fault of ours, but an unhandled 'error' would end the process.
    this.server.on('error', (error) => this.logger.debug({ err: error }, 'a mail connection failed'));
  }

  /** Resolves when the port is open. Throws when it cannot be opened. */
  async onApplicationBootstrap(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.config.SMTP_PORT, this.config.HTTP_HOST, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    this.listening = true;
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (!this.listening) return;
    this.listening = false;
    await new Promise<void>((resolve) => this.server.close(resolve));
  }

  get ready(): boolean {
    return this.listening;
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  private async answer(verdict: Verdict | undefined, reply: Reply): Promise<void> {
    if (verdict?.behaviour === 'tarpit') await delay(verdict.delayMs, undefined, { ref: false });
    reply(this.refuse(verdict));
  }

  private async take(stream: SMTPServerDataStream, session: SMTPServerSession, reply: Reply): Promise<void> {
    // The envelope is reset with the reply, so it is read before anything is awaited.
    const envelope = envelopeOf(session);
    const data = await receive(stream);
    if (!data) return;
    if (data.tooLarge) {
      this.metrics.rejected.inc({ code: '552' });
      return reply(new SmtpRefusal(552, 'Message too large'));
    }
    const verdict = this.verdictOn(envelope);
    if (verdict?.behaviour === 'slow') {
      await delay(verdict.delayMs, undefined, { ref: false });
      // Stored and answered belong together for `slow`: a client that gave up may safely send again.
      if (!this.connectionOf(session)) return;
    }
    if (verdict?.behaviour === 'drop-before-store') return this.drop(session);
    const acknowledged = verdict?.behaviour !== 'drop-after-data';
    try {
      const id = await this.store(envelope, data, acknowledged);
      if (!acknowledged) return this.drop(session);
      reply(null, `2.0.0 Ok: kept as mail ${id}`);
    } catch (error) {
      this.logger.error({ err: error }, 'a mail could not be kept');
      this.metrics.rejected.inc({ code: '452' });
      reply(new SmtpRefusal(452, '4.3.1 Insufficient system storage'));
    }
  }

  private async store(envelope: Envelope, data: ReceivedData, acknowledged: boolean): Promise<number> {
    const { source, size, truncated } = data;
    const mail = await this.mails.add({
      ...envelope,
      ...readHeaders(source),
      source,
      size,
      truncated,
      acknowledged,
    });
    this.metrics.received.inc();
    return mail.id;
  }

  private verdictOn({ username, to }: Envelope): Verdict | undefined {
    const ofAccount = this.misbehaviours.forAccount('data', username);
    if (ofAccount) return ofAccount;
    for (const recipient of to) {
      const verdict = this.misbehaviours.forRecipient('data', recipient);
      if (verdict) return verdict;
    }
    return undefined;
  }

  private refuse(verdict: Verdict | undefined): SmtpRefusal | null {
    const refusal = verdict && refusalOf(verdict.behaviour);
    if (!refusal) return null;
    this.metrics.rejected.inc({ code: String(refusal.responseCode) });
    return refusal;
  }

  private drop(session: SMTPServerSession): void {
    this.metrics.rejected.inc({ code: 'dropped' });
    this.connectionOf(session)?._socket.destroy();
  }

  private connectionOf({ id }: SMTPServerSession) {
    for (const connection of this.server.connections) if (connection.id === id) return connection;
    return undefined;
  }
}

type Envelope = { from: string; to: string[]; username: string | null };

function envelopeOf(session: SMTPServerSession): Envelope {
  const { mailFrom, rcptTo } = session.envelope;
  return {
    from: mailFrom ? mailFrom.address : '',
    to: rcptTo.map(({ address }) => address),
    username: usernameOf(session),
  };
}

function usernameOf({ user }: SMTPServerSession): string | null {
  return typeof user === 'string' ? user : null;
}
