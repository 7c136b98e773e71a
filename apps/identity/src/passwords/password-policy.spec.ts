import { isMadeOf } from './password-policy.js';

const known = ['dana.miller@kettle-works.example', 'Dana', 'Miller', 'Kettle Works', null];

describe('a password made of what everybody knows', () => {
  it.each(['danamiller12', 'KettleWorks1!', 'leadwire-2024', 'miller.kettle', 'Leadwire Dana 1'])(
    'is %s',
    (password) => expect(isMadeOf(password, known)).toBe(true),
  );

  it.each(['correct horse battery', 'the kettle sings at dawn', 'dana likes turnips'])(
    'is not %s',
    (password) => expect(isMadeOf(password, known)).toBe(false),
  );
});
