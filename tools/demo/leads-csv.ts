const FIRST = [
  'Ada',
  'Grace',
  'Alan',
  'Katherine',
  'Edsger',
  'Barbara',
  'Donald',
  'Radia',
  'Tim',
  'Margaret',
];
const LAST = [
  'Meyer',
  'Nguyen',
  'Okafor',
  'Silva',
  'Novak',
  'Haddad',
  'Kowalski',
  'Tanaka',
  'Lindqvist',
  'Moreau',
];
const COMPANIES = ['Northwind', 'Contoso', 'Fabrikam', 'Globex', 'Initech', 'Umbrella', 'Hooli', 'Vandelay'];
const TITLES = ['Head of Admissions', 'VP Sales', 'Founder', 'Operations Lead', 'Head of Growth'];

/** A CSV of `count` people, always the same ones, with the header names of an ordinary export. */
export function leadsCsv(count: number): string {
  const pick = (list: string[], i: number): string => list[i % list.length] as string;
  const lines = ['First Name,Last Name,E-Mail,Company,Job Title,Phone'];
  for (let i = 1; i <= count; i++) {
    const first = pick(FIRST, i);
    const last = pick(LAST, Math.floor(i / FIRST.length));
    const email = `${first}.${last}.${i}@example-${i % 50}.test`.toLowerCase();
    const phone = `+49 30 ${String(1_000_000 + i)}`;
    lines.push([first, last, email, pick(COMPANIES, i), pick(TITLES, i), phone].join(','));
  }
  return `${lines.join('\n')}\n`;
}
