import { isCommonPassword } from './common-passwords.js';

describe('a common password', () => {
  it.each([
    ['is listed', '1q2w3e4r5t6y'],
    ['is listed in other letters', 'MotherFucker'],
    ['is one character, again and again', 'aaaaaaaaaaaa'],
    ['is a pattern, again and again', 'abc123abc123'],
    ['is a pattern that is cut off', 'hunter2hunter2hun'],
    ['is a row of digits', '123456789012'],
    ['is a row of keys, backwards', 'mnbvcxzlkjhgf'],
    ['is the alphabet', 'abcdefghijklm'],
    ['is a listed word with a year', 'Sunshine2024!'],
    ['is a listed word between digits', '123password456'],
  ])('%s', (_, password) => expect(isCommonPassword(password)).toBe(true));

  it.each([
    'correct horse battery',
    'a stranger’s password',
    'zebra-plum-47-kiosk',
    'übermorgen regnet es',
    '八百屋のとなりの犬がほえる。',
  ])('is not %s', (password) => expect(isCommonPassword(password)).toBe(false));
});
