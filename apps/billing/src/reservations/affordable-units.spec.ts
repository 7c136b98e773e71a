import { affordableUnits } from './affordable-units.js';

it.each([
  ['1', '0.25', 4],
  ['0.999999', '0.25', 3],
  ['0.3', '0.1', 3],
  ['0.000000', '0.1', 0],
  ['-1', '0.1', 0],
  ['99999999999999', '0.0000000001', Number.MAX_SAFE_INTEGER],
  ['1', '0', null],
])('%s buys at %s a unit: %p', (available, price, units) => {
  expect(affordableUnits(available, price)).toBe(units);
});
