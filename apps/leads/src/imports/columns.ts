/** The fields of a lead that a column may fill. `fullName` is cut into first and last name. */
export const IMPORT_FIELDS = [
  'firstName',
  'lastName',
  'fullName',
  'email',
  'phone',
  'companyName',
  'title',
  'linkedinUrl',
  'stage',
  'status',
  'priority',
  'estimatedValue',
  'currency',
  'notes',
] as const;
export type ImportField = (typeof IMPORT_FIELDS)[number];

/** What becomes of a column: a field of the lead, one of the tenant's own fields, or nothing. */
export type Column = { field: ImportField } | { custom: string } | undefined;
export type ColumnFault = 'no_header' | 'unknown_column' | 'unknown_field' | 'twice' | 'no_key_column';

/** A mapping's word for a column that is left out, and its prefix for the tenant's own fields. */
export const IGNORE = 'ignore';
export const CUSTOM_PREFIX = 'customFields.';
export const CUSTOM_COLUMNS_MAX = 50;
const CUSTOM_NAME_MAX = 60;
/** Names that are something else to every JavaScript object. */
const UNSAFE_NAMES = new Set(['__proto__', 'constructor', 'prototype']);
/** Without one of these in a row, nobody could tell whether the lead is already there. */
const KEY_FIELDS = ['email', 'phone', 'linkedinUrl'] as const;

/** Header names in use, letters and digits only; the order of fields says who wins a column that fits two. */
const NAMES: Record<ImportField, string[]> = {
  email: [
    'email',
    'emailaddress',
    'mail',
    'mailaddress',
    'emailadresse',
    'workemail',
    'businessemail',
    'primaryemail',
    'email1',
    'correo',
    'courriel',
    'correoelectronico',
    'adresseemail',
    'contactemail',
  ],
  firstName: [
    'firstname',
    'givenname',
    'forename',
    'first',
    'fname',
    'vorname',
    'prenom',
    'nombre',
    'contactfirstname',
  ],
  lastName: [
    'lastname',
    'surname',
    'familyname',
    'last',
    'lname',
    'nachname',
    'familienname',
    'nomdefamille',
    'apellido',
    'apellidos',
    'contactlastname',
  ],
  fullName: [
    'name',
    'fullname',
    'contactname',
    'contact',
    'leadname',
    'person',
    'ansprechpartner',
    'kontakt',
    'nomcomplet',
    'nombrecompleto',
  ],
  phone: [
    'phone',
    'phonenumber',
    'telephone',
    'tel',
    'mobile',
    'mobilephone',
    'mobilenumber',
    'cell',
    'cellphone',
    'workphone',
    'directphone',
    'phone1',
    'telefon',
    'telefonnummer',
    'handy',
    'mobil',
    'telefono',
    'portable',
    'contactnumber',
  ],
  linkedinUrl: [
    'linkedin',
    'linkedinurl',
    'linkedinprofile',
    'linkedinprofileurl',
    'personlinkedinurl',
    'profileurl',
    'linkedinlink',
  ],
  companyName: [
    'company',
    'companyname',
    'organization',
    'organisation',
    'organizationname',
    'organisationname',
    'account',
    'accountname',
    'employer',
    'business',
    'firma',
    'unternehmen',
    'firmenname',
    'entreprise',
    'societe',
    'empresa',
  ],
  title: [
    'title',
    'jobtitle',
    'position',
    'role',
    'job',
    'designation',
    'berufsbezeichnung',
    'funktion',
    'poste',
    'fonction',
    'cargo',
    'puesto',
  ],
  stage: ['stage', 'leadstage', 'pipelinestage'],
  status: ['status', 'leadstatus'],
  priority: ['priority', 'prioritat', 'prioritaet'],
  estimatedValue: ['estimatedvalue', 'dealvalue', 'value', 'dealamount', 'amount', 'expectedrevenue'],
  currency: ['currency', 'currencycode', 'wahrung', 'waehrung', 'devise', 'moneda'],
  notes: ['notes', 'note', 'comment', 'comments', 'remarks', 'notizen', 'bemerkung', 'bemerkungen', 'notas'],
};
const FIELD_OF_NAME = new Map(
  Object.entries(NAMES).flatMap(([field, names]) =>
    names.map((name) => [name, field as ImportField] as const),
  ),
);

/**
 * What each column of `header` becomes: as `mapping` says (`{ "E-mail": "email", "Town": "customFields.city", "X": "ignore" }`),
 * else by its name, else one of the tenant's own fields under its own name.
 */
export function planColumns(
  header: readonly string[],
  mapping: Readonly<Record<string, string>> = {},
): Column[] | ColumnFault {
  if (header.every((name) => name.trim() === '') || header.some(looksLikeData)) return 'no_header';
  const names = header.map((name) => name.trim());
  const given = new Map(Object.entries(mapping).map(([name, target]) => [name.trim(), target]));
  for (const name of given.keys()) if (!names.includes(name)) return 'unknown_column';

  const columns: Column[] = names.map(() => undefined);
  const taken = new Set<string>();
  for (const [i, name] of names.entries()) {
    const target = given.get(name);
    if (target === undefined) continue;
    const column = mappedColumn(target);
    if (column === 'unknown_field') return column;
    if (column && taken.has(targetOf(column))) return 'twice';
    if (column) taken.add(targetOf(column));
    columns[i] = column;
  }
  guessRest(names, given, columns, taken);
  return KEY_FIELDS.some((field) => taken.has(field)) ? columns : 'no_key_column';
}

/** The names of columns as they can be stored: what cannot be read in them is a U+FFFD. */
export function headerOf(fields: readonly string[]): string[] {
  return fields.map((name) => name.toWellFormed().replaceAll('\0', '\uFFFD'));
}

/** The plan in the words of a mapping, for showing. */
export function mappingOf(header: readonly string[], columns: readonly Column[]): Record<string, string> {
  return Object.fromEntries(
    header
      .map((name, i) => [name.trim(), targetOf(columns[i]) || IGNORE] as const)
      .filter(([name]) => name !== '' && !UNSAFE_NAMES.has(name)),
  );
}

function guessRest(names: string[], given: Map<string, string>, columns: Column[], taken: Set<string>): void {
  let custom = 0;
  for (const [i, name] of names.entries()) {
    if (given.has(name) || name === '') continue;
    const field = FIELD_OF_NAME.get(plain(name));
    if (field && !taken.has(field)) {
      columns[i] = { field };
      taken.add(field);
      continue;
    }
    // Cutting may halve an emoji, and half of one is no text.
    const own = name.slice(0, CUSTOM_NAME_MAX).toWellFormed();
    if (custom >= CUSTOM_COLUMNS_MAX || UNSAFE_NAMES.has(own) || taken.has(CUSTOM_PREFIX + own)) continue;
    columns[i] = { custom: own };
    taken.add(CUSTOM_PREFIX + own);
    custom++;
  }
}

function mappedColumn(target: string): Column | 'unknown_field' {
  if (target === IGNORE) return undefined;
  if ((IMPORT_FIELDS as readonly string[]).includes(target)) return { field: target as ImportField };
  const custom = target.startsWith(CUSTOM_PREFIX) ? target.slice(CUSTOM_PREFIX.length).trim() : '';
  return custom === '' || custom.length > CUSTOM_NAME_MAX || UNSAFE_NAMES.has(custom)
    ? 'unknown_field'
    : { custom };
}

function targetOf(column: Column): string {
  if (!column) return '';
  return 'field' in column ? column.field : CUSTOM_PREFIX + column.custom;
}

// "E-Mail", "e_mail" and "É-mail" are one name: accents, case and punctuation do not count.
function plain(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

// Nobody names a column with an address: then the first line is a row, and the file has no header.
function looksLikeData(name: string): boolean {
  return /[^\s@]@[^\s@]+\.[^\s@]/.test(name) || /^\+?[\d\s()/.-]{7,}$/.test(name.trim());
}
