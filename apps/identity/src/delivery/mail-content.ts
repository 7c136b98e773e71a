/** What a template says, before it has a look. */
export type MailDraft = {
  subject: string;
  /** Plain text, a paragraph each. */
  paragraphs: string[];
  /** The one thing to do. The token stands behind the `#`: browsers send that part to no server, so no log has it. */
  action?: { label: string; path: string; token?: string };
};

export type MailContent = { subject: string; text: string; html: string };

const SUBJECT_LENGTH_MAX = 200;

/** A draft as text and as HTML. Everything that came from people is escaped; nothing is loaded from elsewhere. */
export function renderMail({ subject, paragraphs, action }: MailDraft, appUrl: string): MailContent {
  const link =
    action && `${appUrl.replace(/\/+$/, '')}${action.path}${action.token ? `#token=${action.token}` : ''}`;
  const body = paragraphs.map((text) => `<p>${escaped(text)}</p>`);
  const button = link
    ? [
        `<p><a href="${escaped(link)}">${escaped(action.label)}</a></p>`,
        `<p><small>${escaped(link)}</small></p>`,
      ]
    : [];
  return {
    // A line break in a team's name must not become a header of its own.
    subject: subject.replaceAll(/\s+/g, ' ').slice(0, SUBJECT_LENGTH_MAX),
    text: [...paragraphs, ...(link ? [`${action.label}:\n${link}`] : []), 'Leadwire'].join('\n\n'),
    html: `<!doctype html><html lang="en"><body style="font-family:sans-serif">${[...body, ...button].join('')}</body></html>`,
  };
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] as string);
}
