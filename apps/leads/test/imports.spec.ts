import iconv from 'iconv-lite';
import { ImportBatchStored, ImportFinished, leadsApi, LeadUpdated } from '@leadwire/contracts';
import { newId } from '@leadwire/kernel';
import { caller, eventually } from '@leadwire/testing';
import { countsOf, fileOf, ImportFixture } from './import-fixture.js';

const done = { status: 'completed', rows: 0, imported: 0, updated: 0, duplicates: 0, rejected: 0 };

describe('importing a file', () => {
  let imports: ImportFixture;

  beforeAll(async () => {
    imports = await ImportFixture.start();
  });
  afterAll(() => imports.stop());

  it('makes a lead of each row, in the first stage and status, and says so', async () => {
    const ctx = caller();
    const file =
      'Vorname;Nachname;E-Mail;Firma;Ort\nJörg;Müller;Joerg@X.de;"Müller; Söhne";Köln\nAnna;Groß;a@x.de;;\n';
    const ended = await imports.run(ctx, file);
    expect(ended).toMatchObject({
      ...done,
      rows: 2,
      imported: 2,
      delimiter: ';',
      encoding: 'utf-8',
      bytesRead: ended.fileSize,
      mapping: {
        Vorname: 'firstName',
        Nachname: 'lastName',
        'E-Mail': 'email',
        Firma: 'companyName',
        Ort: 'customFields.Ort',
      },
      createdByUserId: ctx.userId,
    });
    const leads = await imports.leads(ctx);
    expect(leads).toMatchObject([
      {
        firstName: 'Jörg',
        lastName: 'Müller',
        email: 'Joerg@X.de',
        companyName: 'Müller; Söhne',
        customFields: { Ort: 'Köln' },
      },
      { firstName: 'Anna', lastName: 'Groß', email: 'a@x.de', companyName: null, customFields: {} },
    ]);
    expect(leads[0]).toMatchObject({
      stage: 'new',
      status: 'open',
      source: 'import',
      importId: ended.id,
      createdByUserId: ctx.userId,
    });
    const [stored] = await imports.service.events(ImportBatchStored, ctx.tenantId);
    expect(stored).toMatchObject({
      aggregateId: ended.id,
      data: { createdLeadIds: leads.map(({ id }) => id), updatedLeadIds: [] },
    });
    expect(await imports.service.events(ImportFinished, ctx.tenantId)).toMatchObject([
      {
        aggregateId: ended.id,
        data: { status: 'completed', imported: 2, updated: 0, duplicates: 0, rejected: 0 },
      },
    ]);
  });

  it('is found by the same words as if it were made by hand', async () => {
    const [byFile, byHand] = [caller(), caller()];
    const person = {
      firstName: `Zoë\t"O'Neil"`,
      lastName: `Ångström–Łącki\nİX ÉVA`,
      companyName: `A&B (Köln) 株式会社、東京 !#$%*+,-./:;<=>?@[\\]^_\`{|}~¡«·»¿—‘’‚“”„•…‹›™®©°\u00a0x\u3000y。z`,
      email: 'Zoe.Angstrom+1@Sub-Mail.example',
    };
    const quoted = Object.values(person).map((value) => `"${value.replaceAll('"', '""')}"`);
    await imports.run(byFile, `First name,Last name,Company,Email\n${quoted.join(',')}\n,,,x@y.example\n`);
    await imports.service.client(leadsApi).create(byHand, person);
    await imports.service.client(leadsApi).create(byHand, { email: 'x@y.example' });
    const [inFile, inHand] = await Promise.all([byFile, byHand].map((ctx) => imports.words(ctx)));
    expect(inFile).toHaveLength(2);
    expect(inFile).toEqual(inHand);
    const { items } = await imports.service.client(leadsApi).list(byFile, { q: 'köln ångström' });
    expect(items).toMatchObject([{ firstName: person.firstName }]);
  });

  it.each([
    ['utf-8', true],
    ['utf-16le', true],
    ['utf-16be', true],
    ['windows-1252', false],
  ])('understands %s', async (encoding, addBOM) => {
    const ctx = caller();
    const ended = await imports.run(
      ctx,
      iconv.encode('Name\tEmail\nZoë Groß\tz@x.de\n', encoding, { addBOM }),
    );
    expect(ended).toMatchObject({ encoding, delimiter: '\t', imported: 1 });
    expect(await imports.leads(ctx)).toMatchObject([{ firstName: 'Zoë', lastName: 'Groß' }]);
  });

  it('stores no row whose bytes are not of the encoding that was said, and gives it back', async () => {
    const ctx = caller();
    const file = Buffer.concat([
      Buffer.from('Name,Email\nAda Byron,a@x.de\n'),
      iconv.encode('Zoë Groß,z@x.de\n', 'windows-1252'),
    ]);
    const ended = await imports.run(ctx, file, { encoding: 'utf-8' });
    expect(countsOf(ended)).toMatchObject({ status: 'completed', imported: 1, rejected: 1 });
    expect(await imports.leads(ctx)).toMatchObject([{ firstName: 'Ada' }]);
    const noise = Buffer.from(Array.from({ length: 4_000 }, (_, i) => (i * 7919) % 256));
    expect(await imports.run(ctx, noise)).toMatchObject({ status: 'failed', imported: 0 });
  });

  it.each([
    ['in a field of your own', 'Email,Town', 'Town'],
    ['in the name of a column', 'Email,Town \ud83d,X\0', 'Town \uFFFD'],
    ['cut in half by shortening the name', `Email,${'x'.repeat(59)}😀`, `${'x'.repeat(59)}\uFFFD`],
  ])('costs no more than its row when half an emoji is %s', async (_, header, kept) => {
    const ctx = caller();
    const more = ','.repeat(header.split(',').length - 2);
    const lines = [header, `a@x.de,Rome${more}`, `b@x.de,Bonn \ud83d${more}`, `c@x.de,Köln 😀${more}`];
    const file = iconv.encode(`${lines.join('\n')}\n`, 'utf-16le', { addBOM: true });
    const ended = await imports.run(ctx, file);
    expect(countsOf(ended)).toEqual({ ...done, rows: 3, imported: 2, rejected: 1 });
    expect((await imports.leads(ctx)).map(({ customFields }) => customFields)).toEqual([
      { [kept]: 'Rome' },
      { [kept]: 'Köln 😀' },
    ]);
    const { objectKey } = await imports.api.rejections(ctx, { importId: ended.id });
    expect(await imports.object(objectKey)).toContain('has characters that cannot be read');
  });

  it('follows the mapping, delimiter and encoding that it was given', async () => {
    const ctx = caller();
    const file = iconv.encode('A|B|C\nÉva|e@x.de|Rome\n', 'windows-1250');
    const mapping = { A: 'firstName', B: 'email', C: 'customFields.town' };
    await imports.run(ctx, file, { mapping, delimiter: '|', encoding: 'windows-1250' });
    expect(await imports.leads(ctx)).toMatchObject([
      { firstName: 'Éva', email: 'e@x.de', customFields: { town: 'Rome' } },
    ]);
  });

  it('rejects the rows it cannot take, with line and reason, safe to open in a spreadsheet, and takes the rest', async () => {
    const ctx = caller();
    const lines = [
      'Name,Email,Note',
      'Anna,a@x.com,ok',
      'Ben,"b@x.com,broken',
      '=HYPERLINK("x"),not-an-address,"+1, minus"',
      `Cleo,c@x.com,${'x'.repeat(20_000)}`,
      'Dora,d@x.com',
      'Emil,e@x.com,\0',
      'Fred,f@x.com,fine',
    ];
    const ended = await imports.run(ctx, lines.join('\n'), { fileName: 'my leads.csv' });
    expect(countsOf(ended)).toEqual({ ...done, rows: 7, imported: 2, rejected: 5 });
    const { objectKey, fileName } = await imports.api.rejections(ctx, { importId: ended.id });
    expect(fileName).toBe('my leads.rejected.csv');
    const rejected = (await imports.object(objectKey)).split('\r\n');
    expect(rejected.slice(0, 3)).toEqual([
      '\uFEFFline,reason,Name,Email,Note',
      '3,"a quotation mark is not closed, or text follows the closing one","Ben,""b@x.com,broken"',
      `4,Email: is not an e-mail address,"'=HYPERLINK(""x"")",not-an-address,"'+1, minus"`,
    ]);
    expect(rejected.slice(3).map((line) => line.split(',').slice(0, 2).join(': '))).toEqual([
      '5: Note: is longer than 10000 characters',
      '6: has 2 columns instead of 3',
      '7: Note: has characters that cannot be read',
      '',
    ]);
    expect((await imports.leads(ctx)).map(({ firstName }) => firstName)).toEqual(['Anna', 'Fred']);
  });

  it.each([
    ['empty', '', 'lead_import.empty'],
    ['nothing but blank lines', '\n\r\n', 'lead_import.empty'],
    ['without a header', 'Anna,a@x.com\nBen,b@x.com\n', 'lead_import.no_header'],
    ['without a column that tells leads apart', 'Name,City\nAnna,Rome\n', 'lead_import.no_key_column'],
  ])('fails when the file is %s', async (_, file, failureCode) => {
    const ctx = caller();
    const ended = await imports.run(ctx, file);
    expect(ended).toMatchObject({
      status: 'failed',
      failureCode,
      failureReason: expect.any(String),
      imported: 0,
    });
    expect(await imports.service.events(ImportFinished, ctx.tenantId)).toMatchObject([
      { data: { status: 'failed' } },
    ]);
    await expect(imports.api.rejections(ctx, { importId: ended.id })).rejects.toMatchObject({
      code: 'lead_import.nothing_rejected',
    });
  });

  it('fails when the upload is gone, and removes it when it is done', async () => {
    const ctx = caller();
    const objectKey = `${ctx.tenantId}/imports/${newId()}.csv`;
    const { id } = await imports.api.create(ctx, { objectKey, fileName: 'gone.csv', fileSize: 10 });
    expect(await imports.ended(ctx, id)).toMatchObject({
      status: 'failed',
      failureCode: 'lead_import.file_gone',
    });
    const ended = await imports.run(ctx, fileOf(1));
    await eventually(async () => !(await imports.exists(`${ctx.tenantId}/imports/${ended.id}.csv`)));
  });

  describe('meets leads that are there', () => {
    const file =
      'Email,Phone,LinkedIn,First name,Company,City\nAnna@x.com,,,Hanna,New Inc,Rome\n,+49 30 1234567,,Ben,B Inc,\n,,linkedin.com/in/CLEO/,Cleo,C Inc,Oslo\n';
    const arrange = async () => {
      const ctx = caller();
      const leads = imports.service.client(leadsApi);
      await leads.create(ctx, {
        email: 'anna@X.com',
        firstName: 'Anna',
        customFields: { City: 'Bonn', age: '7' },
      });
      await leads.create(ctx, { phone: '0049 30 1234567', companyName: 'B Inc', firstName: 'Ben' });
      await leads.create(ctx, { linkedinUrl: 'https://www.linkedin.com/in/cleo', companyName: 'Old' });
      return ctx;
    };

    it('and fills what they lack, unless told otherwise', async () => {
      const ctx = await arrange();
      expect(countsOf(await imports.run(ctx, file))).toEqual({ ...done, rows: 3, updated: 2, duplicates: 1 });
      expect(await imports.leads(ctx)).toMatchObject([
        {
          firstName: 'Anna',
          email: 'anna@X.com',
          companyName: 'New Inc',
          customFields: { City: 'Bonn', age: '7' },
          version: 2,
        },
        { firstName: 'Ben', companyName: 'B Inc', version: 1 },
        { firstName: 'Cleo', companyName: 'Old', customFields: { City: 'Oslo' }, version: 2 },
      ]);
      expect(await imports.service.events(LeadUpdated, ctx.tenantId)).toMatchObject([
        { data: { companyName: 'New Inc', stage: 'new', isArchived: false } },
        { data: { firstName: 'Cleo', customFields: { City: 'Oslo' } } },
      ]);
    });

    it('and overwrites them', async () => {
      const ctx = await arrange();
      expect(countsOf(await imports.run(ctx, file, { dedupe: 'overwrite' }))).toEqual({
        ...done,
        rows: 3,
        updated: 2,
        duplicates: 1,
      });
      expect(await imports.leads(ctx)).toMatchObject([
        {
          firstName: 'Hanna',
          email: 'Anna@x.com',
          companyName: 'New Inc',
          customFields: { City: 'Rome', age: '7' },
        },
        { firstName: 'Ben', version: 1 },
        { firstName: 'Cleo', companyName: 'C Inc' },
      ]);
      expect(countsOf(await imports.run(ctx, file, { dedupe: 'overwrite' }))).toEqual({
        ...done,
        rows: 3,
        duplicates: 3,
      });
    });

    it('and leaves them alone', async () => {
      const ctx = await arrange();
      expect(countsOf(await imports.run(ctx, file, { dedupe: 'skip' }))).toEqual({
        ...done,
        rows: 3,
        duplicates: 3,
      });
      expect((await imports.leads(ctx)).map(({ version }) => version)).toEqual([1, 1, 1]);
    });

    it('and never takes an address from one lead for another', async () => {
      const ctx = await arrange();
      const both = 'Email,Phone\nanna@x.com,+49301234567\n';
      expect(countsOf(await imports.run(ctx, both, { dedupe: 'overwrite' }))).toMatchObject({
        status: 'completed',
        imported: 0,
        rejected: 0,
      });
      expect((await imports.leads(ctx)).map(({ phone }) => phone)).toEqual([null, '+49301234567', null]);
    });

    it('and makes a new lead where one was deleted', async () => {
      const ctx = await arrange();
      const [anna] = await imports.leads(ctx);
      await imports.service.client(leadsApi).remove(ctx, { leadId: anna?.id as string });
      expect(countsOf(await imports.run(ctx, file, { dedupe: 'skip' }))).toEqual({
        ...done,
        rows: 3,
        imported: 1,
        duplicates: 2,
      });
    });
  });

  it('takes a lead that comes more than once in the file once, with what all its rows say', async () => {
    const ctx = caller();
    const file =
      'Email,Phone,First name,Company\na@x.com,,Anna,\nA@X.com,+4930123456,,Acme\n,+4930123456,Ben,\nb@x.com,,Bea,\n';
    expect(countsOf(await imports.run(ctx, file))).toEqual({ ...done, rows: 4, imported: 2, duplicates: 2 });
    expect(await imports.leads(ctx)).toMatchObject([
      { email: 'a@x.com', phone: '+4930123456', firstName: 'Anna', companyName: 'Acme' },
      { email: 'b@x.com' },
    ]);
  });
});
