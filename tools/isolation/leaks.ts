import type { Answer } from './request.ts';

/** Shorter texts turn up by chance. */
const TELLING_LENGTH = 10;
const MOMENT = /^\d{4}-\d{2}-\d{2}([T ][\d:.+-]+Z?)?$/;
const NUMBER = /^[\d.+-]+$/;

/** What nobody outside one team may ever be shown: its marker, and every text that its rows hold and no other team's do. */
export class TeamSecrets {
  private readonly marker: string;
  private readonly texts: ReadonlyMap<string, string>;

  constructor(marker: string, own: ReadonlyMap<string, string>, others: Iterable<string>) {
    this.marker = marker;
    const common = new Set(others);
    this.texts = new Map(
      [...own].filter(
        ([text]) =>
          text.length >= TELLING_LENGTH && !common.has(text) && !MOMENT.test(text) && !NUMBER.test(text),
      ),
    );
  }

  get size(): number {
    return this.texts.size;
  }

  /** What of it stands in an answer, each with the table it comes from; what the request itself said is only an echo. */
  in({ text, headers, sent }: Answer): string[] {
    const shown = `${Object.values(headers).join('\n')}\n${text}`;
    const leaks = [...this.texts]
      .filter(([secret]) => shown.includes(secret) && !sent.includes(secret))
      .map(([secret, table]) => `shows "${secret.slice(0, 60)}" of ${table}`);
    if (shown.includes(this.marker) && !sent.includes(this.marker)) leaks.unshift('shows the marker');
    return leaks;
  }
}
