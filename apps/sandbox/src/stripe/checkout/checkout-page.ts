import { createHash } from 'node:crypto';
import type Stripe from 'stripe';
import { TEST_CARDS } from '../cards.js';
import { BANK } from '../payments/checkout.js';

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 34rem; margin: 0 auto; padding: 2rem 1rem; }
h1 { font-size: 1.75rem; margin: 0 0 .25rem; }
.note { color: GrayText; margin: 0 0 1.5rem; }
.error { border-left: .25rem solid #c0362c; padding: .5rem .75rem; margin: 0 0 1rem; }
fieldset { border: 1px solid color-mix(in srgb, CanvasText 20%, Canvas); border-radius: .5rem; padding: .5rem 1rem; margin: 0 0 1rem; }
label { display: block; padding: .25rem 0; }
label.field input { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: .5rem; margin-top: .25rem; }
code { font: .9em ui-monospace, monospace; }
button { font: inherit; padding: .6rem 1.2rem; border-radius: .5rem; border: 1px solid transparent; cursor: pointer; }
button.first { background: #3b3fbf; color: #fff; }
button.second { background: none; border-color: currentColor; color: inherit; }
.row { display: flex; gap: .75rem; flex-wrap: wrap; }
`;
/** No script, nothing from elsewhere; a form may lead to wherever the session says. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page on which a customer pays, or saves a card. */
export function checkoutPage(
  session: Stripe.Checkout.Session,
  lines: Stripe.LineItem[],
  { error, action = '' }: { error?: string; action?: string } = {},
): string {
  const title =
    session.mode === 'setup' ? 'Save a card' : `Pay ${amountText(session.amount_total, session.currency)}`;
  const items = lines.map(
    (line) =>
      `<li>${escape(line.description ?? '')}, ${line.quantity} × ${amountText(line.price?.unit_amount ?? 0, line.currency)}</li>`,
  );
  const bank = session.payment_method_types.some((type) => type !== 'card')
    ? choice(BANK, 'Bank debit, which settles later')
    : '';
  return page(
    title,
    `<p class="note">This is the sandbox: no money moves, and only test cards work.</p>
${alert(error)}
<ul>${items.join('')}</ul>
<form method="post"${action && ` action="${escape(action)}"`}>
<fieldset><legend>Pay with</legend>
${TEST_CARDS.map((card, i) => choice(card.number, `<code>${spaced(card.number)}</code> ${card.does}`, i === 0)).join('\n')}
${bank}
</fieldset>
<label class="field">E-mail <input name="email" type="email" value="${escape(session.customer_email ?? '')}" maxlength="254"></label>
<p class="row"><button class="first" name="action" value="pay">${session.mode === 'setup' ? 'Save' : 'Pay'}</button>
<button class="second" name="action" value="cancel" formnovalidate>Go back without paying</button></p>
</form>`,
  );
}

/** The page of the customer's bank that asks for authentication. */
export function authenticationPage(intentId: string, error?: string): string {
  return page(
    'Authenticate this payment',
    `<p class="note">Your bank wants to know whether it is you (3D Secure).</p>
${alert(error)}
<form method="post"><p class="row"><button class="first" name="action" value="complete">Complete</button>
<button class="second" name="action" value="fail">Fail</button></p></form>
<p class="note"><code>${escape(intentId)}</code></p>`,
  );
}

/** A page that only says something. */
export function messagePage(title: string, message: string): string {
  return page(title, `<p>${escape(message)}</p>`);
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escape(title)}</h1>
${body}
</main></body></html>`;
}

function alert(error: string | undefined): string {
  return error === undefined ? '' : `<p class="error" role="alert">${escape(error)}</p>`;
}

function choice(value: string, label: string, checked = false): string {
  return `<label><input type="radio" name="card" value="${value}"${checked ? ' checked' : ''}> ${label}</label>`;
}

function spaced(number: string): string {
  return number.replace(/(\d{4})(?=\d)/g, '$1 ');
}

function amountText(minor: number | null, currency: string | null): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency: currency ?? 'usd' });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 0;
  return format.format((minor ?? 0) / 10 ** digits);
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
