import { decodeWords, readHeaders } from './mail-headers.js';

const source = (...lines: string[]) => Buffer.from([...lines, '', 'Subject: not this one'].join('\r\n'));

describe('reading the headers that a mail is found by', () => {
  it('takes the Message-ID without its brackets and the subject', () => {
    expect(readHeaders(source('Message-ID: <a.1@x.test>', 'Subject: Hello'))).toEqual({
      messageId: 'a.1@x.test',
      subject: 'Hello',
    });
  });

  it('joins folded lines and ignores the case of names', () => {
    const found = readHeaders(source('SUBJECT: one', ' two', '\tthree', 'message-id:', ' <folded@x.test>'));
    expect(found).toEqual({ messageId: 'folded@x.test', subject: 'one two three' });
  });

  it('decodes encoded words and leaves out the blanks between two of them', () => {
    expect(decodeWords('=?UTF-8?Q?Caf=C3=A9_?= =?utf-8?B?w7xiZXI=?= now')).toBe('Café über now');
    expect(decodeWords('=?no-such-charset?Q?x?=')).toBe('=?no-such-charset?Q?x?=');
  });

  it('never looks into the body', () => {
    expect(readHeaders(source('From: a@x.test'))).toEqual({ messageId: null, subject: '' });
  });
});
