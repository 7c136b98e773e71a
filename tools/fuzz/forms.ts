import fc from 'fast-check';

/** One part of a form as plain data, so that a failing form can be shown and made smaller; a file has a name. */
export type FormPart = { name: string; content: string | Uint8Array; fileName?: string };

const FIELD_NAMES = fc.constantFrom(
  'file',
  'File',
  'mapping',
  'policy',
  'name',
  '',
  '__proto__',
  'x'.repeat(300),
);
const FILE_NAMES = fc.constantFrom(
  'leads.csv',
  'me.png',
  '',
  '../../etc/passwd',
  'a\0b',
  'naïve ☃.csv',
  '"; filename="b',
  `${'x'.repeat(400)}.csv`,
);
const CONTENTS = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.constantFrom<string | Uint8Array>(
    '',
    'email\n',
    'email,firstName\nada@example.test,Ada\n',
    'email;"first\nada@example.test;Ada',
    '{"email":"email"}',
    '{"__proto__":{"email":"email"}}',
    new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    new Uint8Array([0xff, 0xfe, 0x00, 0xd8]),
    'x'.repeat(200_000),
  ),
);

/** Forms that are one or another thing wrong, some of them whole. */
export const FORMS: fc.Arbitrary<FormPart[]> = fc.array(
  fc.oneof(
    fc.record({ name: FIELD_NAMES, content: CONTENTS, fileName: FILE_NAMES }),
    fc.record({ name: fc.constant('file'), content: CONTENTS, fileName: FILE_NAMES }),
    fc.record({ name: FIELD_NAMES, content: CONTENTS.map((content) => content.toString()) }),
  ),
  { maxLength: 4 },
);

/** The form as fetch sends it. */
export function formOf(parts: readonly FormPart[]): FormData {
  const form = new FormData();
  for (const { name, content, fileName } of parts) {
    if (fileName === undefined) form.append(name, content.toString());
    else form.append(name, new Blob([Buffer.from(content as string)]), fileName);
  }
  return form;
}
