import type SmtpConnection from 'nodemailer/lib/smtp-connection';
import { openConnection, type MailServer } from '../accounts/mail-server.js';
import { MailData, watchFinalDot } from './final-dot.js';
import { composeMail, LeaseLostError, type ClaimedMail } from './mail.js';
import { outcomeOf, type Outcome, type Phase } from './outcome.js';

const MAILS_PER_CONNECTION_MAX = 500;
const IDLE_MS_MAX = 10_000;

/** `endedAt`: `performance.now()` when the end of the data left. */
type Progress = { phase: Phase; endedAt: number };
type Lane = { connection: SmtpConnection; mails: number; idleTimer?: NodeJS.Timeout };

export type LanesOptions = {
  server: MailServer;
  allowPrivate: boolean;
  connectionsMax: number;
  now: () => Date;
  /** Told once for each mail submitted. */
  done: (mail: ClaimedMail, outcome: Outcome) => void;
};

/**
 * The connections to the mail server of one account. Mails wait in a queue of their own, go out over a few kept
 * connections, and every one ends in exactly one outcome; nothing here ever sends a mail a second time by itself.
 */
export class SmtpLanes {
  private readonly queue: ClaimedMail[] = [];
  private readonly idle: Lane[] = [];
  private readonly busy = new Set<Promise<void>>();
  private stopped = false;

  constructor(private readonly options: LanesOptions) {}

  submit(mails: ClaimedMail[]): void {
    this.queue.push(...mails);
    this.pump();
  }

  /** Gives back what has not begun, lets what has begun end, and closes the connections. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.giveBack();
    await Promise.all(this.busy);
    for (const lane of this.idle.splice(0)) this.hangUp(lane);
  }

  private pump(): void {
    while (this.busy.size < this.options.connectionsMax) {
      const mail = this.queue.shift();
      if (!mail) return;
      const work = this.sendOne(mail).finally(() => {
        this.busy.delete(work);
        this.pump();
      });
      this.busy.add(work);
    }
  }

  private async sendOne(mail: ClaimedMail): Promise<void> {
    const progress: Progress = { phase: 'opening', endedAt: 0 };
    let lane: Lane | undefined;
    let outcome: Outcome;
    try {
      // Told before the dialogue begins, the server has nothing to discard.
      if (performance.now() > mail.leaseUntil) throw new LeaseLostError();
      const data = await composeMail(mail, this.options.now());
      lane = this.idleLane() ?? (await this.openLane());
      progress.phase = 'sending';
      outcome = { kind: 'accepted', response: await this.transmit(lane, mail, data, progress) };
      // Before anything else: from here on, a death of this process no longer puts the mail in doubt.
      mail.journal?.write('accepted', mail.activityId);
    } catch (error) {
      outcome = outcomeOf(error, progress.phase, performance.now() - progress.endedAt);
      if (progress.phase === 'handed-over' && outcome.kind !== 'doubtful')
        mail.journal?.write('refused', mail.activityId);
    }
    if (lane) this.release(lane, outcome);
    this.options.done(mail, outcome);
    // What troubles the account would trouble the next mail too.
    if (outcome.kind === 'account') this.giveBack();
  }

  private async transmit(
    { connection }: Lane,
    mail: ClaimedMail,
    data: Buffer,
    progress: Progress,
  ): Promise<string> {
    const { _socket: socket } = connection;
    if (!socket) throw new Error('The connection was lost.');
    const content = new MailData(data, socket);
    const unwatch = watchFinalDot(socket, content, () => {
      if (performance.now() > mail.leaseUntil) throw new LeaseLostError();
      mail.journal?.write('handed-over', mail.activityId);
      progress.phase = 'handed-over';
      progress.endedAt = performance.now();
    });
    const envelope = { from: mail.from.address, to: [mail.to], size: data.length };
    try {
      return await new Promise((resolve, reject) => {
        connection.send(envelope, content, (error, info) =>
          error ? reject(error) : resolve(info?.response ?? ''),
        );
      });
    } finally {
      unwatch();
    }
  }

  private idleLane(): Lane | undefined {
    for (;;) {
      const lane = this.idle.pop();
      if (!lane) return undefined;
      clearTimeout(lane.idleTimer);
      if (!lane.connection.destroyed) return lane;
    }
  }

  private async openLane(): Promise<Lane> {
    return { connection: await openConnection(this.options.server, this.options.allowPrivate), mails: 0 };
  }

  private release(lane: Lane, outcome: Outcome): void {
    lane.mails++;
    // After anything but a plain answer the dialogue may be anywhere; a new connection starts clean.
    if (outcome.kind !== 'accepted' || lane.mails >= MAILS_PER_CONNECTION_MAX || this.stopped)
      return this.hangUp(lane);
    lane.idleTimer = setTimeout(() => {
      this.idle.splice(this.idle.indexOf(lane), 1);
      this.hangUp(lane);
    }, IDLE_MS_MAX);
    lane.idleTimer.unref();
    this.idle.push(lane);
  }

  private hangUp({ connection, idleTimer }: Lane): void {
    clearTimeout(idleTimer);
    if (connection.destroyed) return;
    // A dialogue that broke inside the data must not be ended politely: that could complete the mail.
    connection.close();
  }

  private giveBack(): void {
    for (const mail of this.queue.splice(0)) this.options.done(mail, { kind: 'returned' });
  }
}
