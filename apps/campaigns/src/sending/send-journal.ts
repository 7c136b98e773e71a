import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '@leadwire/kernel';

/** How far a mail came, as far as the process that sent it could write down. */
export type JournalState = 'handed-over' | 'accepted' | 'refused';

const MARKS: Record<JournalState, string> = { 'handed-over': '>', accepted: '+', refused: '-' };
const STATES = Object.fromEntries(
  Object.entries(MARKS).map(([state, mark]) => [mark, state as JournalState]),
);
const FILE_BYTES_MAX = 8 * 1024 * 1024;
const FILE_AGE_MAX_MS = 7 * 86_400_000;
const SUFFIX = '.journal';

/**
 * What one process has done with the mails it claimed, on disk the moment it happens: `handed-over` right before the end of
 * the data leaves for the server, `accepted` or `refused` right after the answer. The writes are synchronous, so they
 * survive `kill -9` of the process (the kernel has them); they are not synced, so a power cut may take the last ones.
 */
export class SendJournal {
  /** Names the journal; every mail claimed under it carries this id. */
  readonly id = newId();
  private readonly file: number;
  private bytes = 0;
  private open = 0;
  private retired = false;

  constructor(private readonly dir: string) {
    mkdirSync(dir, { recursive: true });
    this.file = openSync(this.path, 'a', 0o600);
  }

  get full(): boolean {
    return this.bytes >= FILE_BYTES_MAX;
  }

  /** A mail was claimed under this journal; {@link settled} ends that. */
  claimed(): void {
    this.open++;
  }

  /** The database knows what became of a mail, so its lines are no longer needed. */
  settled(): void {
    this.open--;
    this.dropWhenDone();
  }

  /** No more mails are claimed under it; its file goes when the last one is settled. */
  retire(): void {
    this.retired = true;
    this.dropWhenDone();
  }

  write(state: JournalState, activityId: string): void {
    this.bytes += writeSync(this.file, `${MARKS[state]} ${activityId}\n`);
  }

  private dropWhenDone(): void {
    if (!this.retired || this.open > 0) return;
    closeSync(this.file);
    rmSync(this.path, { force: true });
  }

  private get path(): string {
    return join(this.dir, `${this.id}${SUFFIX}`);
  }
}

/** The last state of each mail in a journal of whatever process, or undefined when this machine does not have it. */
export function readJournal(dir: string, id: string): Map<string, JournalState> | undefined {
  let text: string;
  try {
    text = readFileSync(join(dir, `${id}${SUFFIX}`), 'utf8');
  } catch {
    return undefined;
  }
  const states = new Map<string, JournalState>();
  // A line without its end was being written when the process died: what it says had not begun.
  for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    const state = STATES[line[0] ?? ''];
    if (state) states.set(line.slice(2), state);
  }
  return states;
}

/** Removes journals of processes that are long gone and recovered. */
export async function pruneJournals(dir: string, now = Date.now()): Promise<void> {
  for (const name of await readdir(dir).catch(() => [])) {
    const path = join(dir, name);
    const age = await stat(path).then(
      ({ mtimeMs }) => now - mtimeMs,
      () => 0,
    );
    if (name.endsWith(SUFFIX) && age > FILE_AGE_MAX_MS) rmSync(path, { force: true });
  }
}
