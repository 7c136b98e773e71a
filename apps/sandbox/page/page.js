// Shows the mails that the sandbox keeps. Text from mails only ever goes through textContent.
const REFRESH_MS = 2000;
const PAGE_SIZE = 50;
const TEXTS_SHOWN = 20;
const PAYMENTS_SHOWN = 20;

const $ = (id) => document.getElementById(id);
const state = { items: [], next: null, query: '', openId: null, detail: null, view: null, drawn: '' };

async function ask(path, options) {
  const response = await fetch(path, options);
  if (!response.ok) throw new Error((await response.json()).title);
  return response;
}

const askJson = async (path) => (await ask(path)).json();

function listPath(after) {
  const params = new URLSearchParams({ order: 'desc', limit: String(PAGE_SIZE) });
  if (state.query) params.set('q', state.query);
  if (after) params.set('after', String(after));
  return `mails?${params}`;
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

function when(iso) {
  const date = new Date(iso);
  const today = date.toDateString() === new Date().toDateString();
  return today ? date.toLocaleTimeString() : date.toLocaleDateString();
}

function row(mail) {
  const item = element('li', '', '');
  item.id = `mail-${mail.id}`;
  item.dataset.id = mail.id;
  item.setAttribute('role', 'option');
  item.setAttribute('aria-selected', String(mail.id === state.openId));
  const time = element('time', '', when(mail.receivedAt));
  time.dateTime = mail.receivedAt;
  item.append(element('span', 'to', mail.to.join(', ')), time);
  item.append(element('span', 'line', mail.subject || 'No subject'));
  if (!mail.acknowledged) item.append(element('span', 'flag', 'Kept, but not answered'));
  return item;
}

function drawList() {
  const ids = `${state.openId}:${state.items.map((mail) => mail.id).join()}`;
  $('more').hidden = state.next === null;
  if (ids === state.drawn) return;
  state.drawn = ids;
  $('list').replaceChildren(...state.items.map(row));
  if (state.openId === null) $('list').removeAttribute('aria-activedescendant');
  else $('list').setAttribute('aria-activedescendant', `mail-${state.openId}`);
}

function drawEmpty(total) {
  $('empty').hidden = state.detail !== null;
  $('mail').hidden = state.detail === null;
  if (state.query && state.items.length === 0) $('empty-title').textContent = 'No mail matches your search';
  else $('empty-title').textContent = total === 0 ? 'No mail yet' : 'Choose a mail to read it';
}

async function refresh() {
  const query = state.query;
  try {
    const [page, { count }] = await Promise.all([askJson(listPath()), askJson('mails/count')]);
    if (query !== state.query) return;
    const oldest = page.items.at(-1)?.id ?? 0;
    const older = page.next === null ? [] : state.items.filter((mail) => mail.id < oldest);
    state.items = [...page.items, ...older];
    if (older.length === 0) state.next = page.next;
    $('status').textContent = count === 1 ? '1 mail' : `${count.toLocaleString()} mails`;
    drawList();
    drawEmpty(count);
  } catch {
    $('status').textContent = 'The sandbox does not answer. Start it again; this page will catch up.';
  }
}

function textRow(text) {
  const item = element('li', '', '');
  const time = element('time', '', when(text.receivedAt));
  time.dateTime = text.receivedAt;
  item.append(element('span', 'to', text.to), time, element('span', 'line', text.body));
  return item;
}

async function refreshTexts() {
  try {
    const { items } = await askJson(`texts?limit=${TEXTS_SHOWN}`);
    $('texts').hidden = items.length === 0;
    $('text-list').replaceChildren(...items.map(textRow));
  } catch {
    // The mails say already that the sandbox does not answer.
  }
}

function money(minor, currency) {
  const format = new Intl.NumberFormat(undefined, { style: 'currency', currency });
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}

/** What became of a payment, in words. */
function outcome({ status, refunded, amount, currency, disputed, error }) {
  if (disputed) return 'Disputed';
  if (refunded > 0) return refunded === amount ? 'Refunded' : `${money(refunded, currency)} refunded`;
  if (error) return error;
  return status === 'succeeded' ? 'Paid' : status.replaceAll('_', ' ');
}

function paymentRow(payment) {
  const item = element('li', '', '');
  const time = element('time', '', when(payment.createdAt));
  time.dateTime = payment.createdAt;
  item.append(element('span', 'to', money(payment.amount, payment.currency)), time);
  item.append(element('span', 'line', `${outcome(payment)} · ${payment.description ?? payment.id}`));
  return item;
}

async function refreshPayments() {
  try {
    const { items } = await askJson(`stripe/payments?limit=${PAYMENTS_SHOWN}`);
    $('payments').hidden = items.length === 0;
    $('payment-list').replaceChildren(...items.map(paymentRow));
  } catch {
    // The mails say already that the sandbox does not answer.
  }
}

async function showOlder() {
  const query = state.query;
  const page = await askJson(listPath(state.next));
  if (query !== state.query) return;
  state.items = [...state.items, ...page.items];
  state.next = page.next;
  drawList();
}

function facts(mail) {
  const entries = [
    ['From', mail.from || 'Nobody (null sender)'],
    ['To', mail.to.join(', ')],
    ['Received', new Date(mail.receivedAt).toLocaleString()],
    ['Message ID', mail.messageId ?? 'None'],
    ['Account', mail.username ?? 'Sent without logging in'],
    [
      'Size',
      `${mail.size.toLocaleString()} bytes${mail.truncated ? ', only the first megabyte is kept' : ''}`,
    ],
  ];
  if (!mail.acknowledged) entries.push(['Answer', 'None: the connection was closed after the mail was kept']);
  const files = mail.attachments.map(
    (file) => `${file.filename ?? 'Unnamed'} (${file.contentType}, ${file.size} bytes)`,
  );
  if (files.length > 0) entries.push(['Attachments', files.join(', ')]);
  return entries.flatMap(([name, value]) => [element('dt', '', name), element('dd', '', value)]);
}

function frame(mail) {
  const made = document.createElement('iframe');
  made.title = 'The mail as HTML';
  made.setAttribute('sandbox', 'allow-popups allow-popups-to-escape-sandbox');
  made.src = `mails/${mail.id}/html`;
  return made;
}

async function contentOf(mail, view) {
  if (!mail.sourceKept) return element('p', '', 'The content is no longer kept: newer mails took its place.');
  if (view === 'html') return frame(mail);
  if (view === 'source') return element('pre', '', await (await ask(`mails/${mail.id}/raw`)).text());
  if (view === 'text') return element('pre', '', mail.text ?? 'This mail has no text part.');
  return element('pre', '', mail.headers.map(({ name, value }) => `${name}: ${value}`).join('\n'));
}

async function show(view) {
  const mail = state.detail;
  state.view = view;
  const content = await contentOf(mail, view);
  if (mail !== state.detail || view !== state.view) return;
  for (const tab of document.querySelectorAll('[role=tab]')) {
    tab.setAttribute('aria-selected', String(tab.dataset.view === view));
    tab.disabled = tab.dataset.view === 'html' && mail.html === null;
    tab.hidden = tab.disabled;
  }
  $('content').replaceChildren(content);
}

async function open(id) {
  try {
    await read(id);
  } catch {
    $('status').textContent = 'This mail could not be opened. It may have been deleted; choose another.';
  }
}

async function read(id) {
  state.openId = id;
  drawList();
  $(`mail-${id}`)?.scrollIntoView({ block: 'nearest' });
  const mail = await askJson(`mails/${id}`);
  if (state.openId !== id) return;
  state.detail = mail;
  $('subject').textContent = mail.subject || 'No subject';
  $('facts').replaceChildren(...facts(mail));
  history.replaceState(null, '', `#${id}`);
  drawEmpty(1);
  await show(mail.html === null ? 'text' : 'html');
}

function move(step) {
  const at = state.items.findIndex((mail) => mail.id === state.openId);
  const to = at < 0 ? 0 : Math.min(Math.max(at + step, 0), state.items.length - 1);
  if (state.items[to]) void open(state.items[to].id);
}

function search(text) {
  state.query = text.trim();
  state.items = [];
  state.next = null;
  void refresh();
}

async function clear() {
  if (!confirm('Delete all mails? This cannot be undone.')) return;
  await ask('mails', { method: 'DELETE' });
  Object.assign(state, { items: [], next: null, openId: null, detail: null });
  history.replaceState(null, '', location.pathname);
  await refresh();
}

$('list').addEventListener('click', (event) => {
  const id = event.target.closest('li')?.dataset.id;
  if (id) void open(Number(id));
});
$('more').addEventListener('click', () => void showOlder());
$('clear').addEventListener('click', () => void clear());
$('search').addEventListener('input', (event) => search(event.target.value));
for (const tab of document.querySelectorAll('[role=tab]')) {
  tab.addEventListener('click', () => void show(tab.dataset.view));
}
document.addEventListener('keydown', (event) => {
  const typing = event.target === $('search');
  if (event.key === 'Escape' && typing) {
    $('search').value = '';
    search('');
    $('list').focus();
  } else if (event.key === '/' && !typing) {
    $('search').focus();
  } else if (event.target === $('list') && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
    move(event.key === 'ArrowDown' ? 1 : -1);
  } else if (typing && event.key === 'ArrowDown') {
    $('list').focus();
    move(1);
  } else {
    return;
  }
  event.preventDefault();
});

/** Refreshes again and again, but not while nobody looks. */
async function keepFresh() {
  if (!document.hidden) await Promise.all([refresh(), refreshTexts(), refreshPayments()]);
  setTimeout(keepFresh, REFRESH_MS);
}

async function start() {
  const { smtpPort } = await askJson('health/ready');
  $('empty-hint').textContent =
    `Point a mail account at ${location.hostname}, port ${smtpPort}. Any user name and password works, and so does any recipient.`;
  if (/^#\d+$/.test(location.hash)) await open(Number(location.hash.slice(1)));
}

void start().catch(() => undefined);
void keepFresh();
