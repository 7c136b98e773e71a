import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ObjectStorage } from '@leadwire/platform';
import { RejectedRows } from './rejected-rows.js';

describe('the file of rejected rows', () => {
  it('is opened in spreadsheets, and holds nothing that they would calculate', async () => {
    let written = Promise.resolve('');
    const storage = {
      put: async (_: string, body: Readable) => (await (written = text(body))).length,
    } as unknown as ObjectStorage;
    const rows = new RejectedRows(storage, 'rejected.csv', ['=header()', 'Name']);
    await rows.add(2, 'no_name', [
      '=HYPERLINK("http://evil.example")',
      '+1',
      '-1',
      '@SUM(A1)',
      '\t=1',
      'a=1',
    ]);
    await rows.finish();
    // Reading drops the byte order mark.
    expect((await written).split('\r\n')).toEqual([
      `line,reason,'=header(),Name`,
      `2,no_name,"'=HYPERLINK(""http://evil.example"")",'+1,'-1,'@SUM(A1),'\t=1,a=1`,
      '',
    ]);
  });
});
