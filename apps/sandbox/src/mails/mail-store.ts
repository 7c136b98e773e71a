import { JOURNAL_BOUNDS, MailJournal, type JournalBounds } from './mail-journal.js';
import { decodeLine, encodeLine } from './mail-line.js';
import { MAILS_MAX, SOURCES_BYTES_MAX, type Mail, type NewMail } from './mail.js';
import { summarise, type MailStats } from './mail-stats.js';

export type MailFilter = {
  /** An address, or `@domain` for all of a domain. */
  to?: string;
  messageId?: string;
  /** Part of the subject. */
  subject?: string;
  /** Part of the sender, a recipient or the subject. */
  q?: string;
};

export type MailPage = { filter: MailFilter; after?: number; order: 'asc' | 'desc'; limit: number };

/** How much is kept; tests use smaller ones. */
export type MailBounds = { mails: number; sourceBytes: number; journal: JournalBounds };

const BOUNDS: MailBounds = { mails: MAILS_MAX, sourceBytes: SOURCES_BYTES_MAX, journal: JOURNAL_BOUNDS };

/** The mails that the sandbox took: all of them searchable in memory, and also in a journal when a folder is given. */
export class MailStore {
  private mails: Mail[] = [];
  /** Mails before this index are forgotten; the array is cut now and then, not once per mail. */
  private start = 0;
  /** Mails before this index have lost their source. */
  private firstWithSource = 0;
  private sourceBytes = 0;
  private nextId = 1;
  private journal: MailJournal | undefined;
  private stats: { revision: number; value: MailStats } | undefined;
  private revision = 0;
  /** Lines of the journal that could not be read at the start. */
  unreadable = 0;

  private constructor(private readonly bounds: MailBounds) {}

  /** @param dir where mails outlive the process; when empty they live in memory only. */
  static async open(dir: string, bounds: Partial<MailBounds> = {}): Promise<MailStore> {
    const store = new MailStore({ ...BOUNDS, ...bounds });
    if (!dir) return store;
    const retention = {
      oldestWanted: () => store.mails[store.start]?.id ?? store.nextId,
      forgetBefore: (id: number) => store.forgetBefore(id),
    };
    store.journal = await MailJournal.open(dir, store.bounds.journal, retention, (line) => {
      const mail = decodeLine(line);
      if (mail) store.insert(mail);
      else store.unreadable += 1;
    });
    store.nextId = Math.max((store.mails.at(-1)?.id ?? 0) + 1, store.journal.firstIdOfLastSegment);
    return store;
  }

  /** Resolves once the mail would survive the death of this process. Throws when the journal cannot be written. */
  async add(mail: NewMail): Promise<Mail> {
    const stored: Mail = { ...mail, id: this.nextId++, receivedAt: Date.now() };
    await this.journal?.append(stored.id, encodeLine(stored));
    this.insert(stored);
    return stored;
  }

  get size(): number {
    return this.mails.length - this.start;
  }

  get(id: number): Mail | undefined {
    const mail = this.mails[this.indexFrom(id)];
    return mail?.id === id ? mail : undefined;
  }

  /** One page in the order asked for; `next` is the cursor of the following one, null at the end. */
  list({ filter, after, order, limit }: MailPage): { items: Mail[]; next: number | null } {
    const matches = matcher(filter);
    const step = order === 'asc' ? 1 : -1;
    const items: Mail[] = [];
    for (let i = this.firstIndex(order, after); i >= this.start && i < this.mails.length; i += step) {
      const mail = this.mails[i];
      if (!mail || !matches(mail)) continue;
      if (items.length === limit) return { items, next: items.at(-1)?.id ?? null };
      items.push(mail);
    }
    return { items, next: null };
  }

  count(filter: MailFilter): number {
    if (Object.values(filter).every((value) => value === undefined)) return this.size;
    const matches = matcher(filter);
    let count = 0;
    for (let i = this.start; i < this.mails.length; i += 1) if (matches(this.mails[i] as Mail)) count += 1;
    return count;
  }

  summary(): MailStats {
    if (this.stats?.revision !== this.revision) {
      this.stats = { revision: this.revision, value: summarise(this.mails.slice(this.start)) };
    }
    return this.stats.value;
  }

  /** Forgets all mails; ids go on. */
  async clear(): Promise<void> {
    const nextId = this.nextId;
    await this.journal?.clear(nextId);
    this.forgetBefore(nextId);
  }

  async close(): Promise<void> {
    await this.journal?.close();
  }

  private insert(mail: Mail): void {
    this.mails.push(mail);
    this.sourceBytes += mail.source?.length ?? 0;
    this.revision += 1;
    while (this.size > this.bounds.mails) this.forgetOldest();
    while (this.sourceBytes > this.bounds.sourceBytes) this.dropSource(this.mails[this.firstWithSource++]);
  }

  private forgetBefore(id: number): void {
    while ((this.mails[this.start]?.id ?? Infinity) < id) this.forgetOldest();
  }

  private forgetOldest(): void {
    this.dropSource(this.mails[this.start]);
    this.start += 1;
    this.revision += 1;
    this.firstWithSource = Math.max(this.firstWithSource, this.start);
    if (this.start < 1000 || this.start < this.mails.length / 2) return;
    this.mails = this.mails.slice(this.start);
    this.firstWithSource -= this.start;
    this.start = 0;
  }

  private dropSource(mail: Mail | undefined): void {
    if (!mail?.source) return;
    this.sourceBytes -= mail.source.length;
    mail.source = null;
  }

  private firstIndex(order: 'asc' | 'desc', after: number | undefined): number {
    if (order === 'asc') return after === undefined ? this.start : this.indexFrom(after + 1);
    return after === undefined ? this.mails.length - 1 : this.indexFrom(after) - 1;
  }

  /** The index of the first mail whose id is at least `id`: ids ascend, but a failed write leaves a gap. */
  private indexFrom(id: number): number {
    let low = this.start;
    let high = this.mails.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.mails[middle]?.id ?? Infinity) < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Addresses compare without case: no real server tells `Ann@` from `ann@`. */
function matcher({ to, messageId, subject, q }: MailFilter): (mail: Mail) => boolean {
  const address = to?.toLowerCase();
  const id = messageId?.replace(/^<|>$/g, '');
  const words = subject?.toLowerCase();
  const part = q?.toLowerCase();
  return (mail) =>
    (address === undefined || mail.to.some((recipient) => isAddressed(recipient.toLowerCase(), address))) &&
    (id === undefined || mail.messageId === id) &&
    (words === undefined || mail.subject.toLowerCase().includes(words)) &&
    (part === undefined ||
      [mail.subject, mail.from, ...mail.to].some((text) => text.toLowerCase().includes(part)));
}

function isAddressed(recipient: string, address: string): boolean {
  return address.startsWith('@') ? recipient.endsWith(address) : recipient === address;
}
