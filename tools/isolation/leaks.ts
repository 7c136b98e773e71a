import type { Answer } from './request.ts';

/** Shorter texts turn up by chance. */
const TELLING_LENGTH = 10;
const MOMENT = /^\d{4}-\d{2}-\d{2}([T ][\d:.+-]+Z?)?$/;
const NUMBER = /^[\d.+-]+$/;

/** What nobody outside one team may ever be shown: its marker, and every text that its rows hold and no other team's do. */
export class TeamSecrets {
  private readonly marker: string;
  private readonly texts: ReadonlyMap<string, string>;
  /** The texts by what they begin with, so that one walk along an answer finds all that stand in it. */
  private readonly byBeginning: ReadonlyMap<string, string[]>;

  constructor(marker: string, own: ReadonlyMap<string, string>, others: Iterable<string>) {
    this.marker = marker;
    const common = new Set(others);
    this.texts = new Map(
      [...own].filter(
        ([text]) =>
          text.length >= TELLING_LENGTH && !common.has(text) && !MOMENT.test(text) && !NUMBER.test(text),
      ),
    );
    this.byBeginning = Map.groupBy(this.texts.keys(), (text) => beginningOf(text));
  }

  get size(): number {
    return this.texts.size;
  }

  /** What of it stands in an answer, each with the table it comes from; what the request itself said is only an echo. */
  in({ text, headers, sent }: Answer): string[] {
    const shown = `${Object.values(headers).join('\n')}\n${text}`;
    const leaks = [...this.standingIn(shown)]
      .filter((secret) => !sent.includes(secret))
      .map((secret) => `shows "${secret.slice(0, 60)}" of ${this.texts.get(secret)}`);
    if (shown.includes(this.marker) && !sent.includes(this.marker)) leaks.unshift('shows the marker');
    return leaks;
  }

  private standingIn(shown: string): Set<string> {
    const found = new Set<string>();
    for (let at = 0; at <= shown.length - TELLING_LENGTH; at++)
      for (const secret of this.byBeginning.get(beginningOf(shown, at)) ?? [])
        if (shown.startsWith(secret, at)) found.add(secret);
    return found;
  }
}

function beginningOf(text: string, at = 0): string {
  return text.slice(at, at + TELLING_LENGTH);
}
