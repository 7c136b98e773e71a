// Properties are tried on the same values in every run, so that a change is judged by what it changed; `PROPERTY_SEED=…` tries others.
import fc from 'fast-check';

const SEED = 20_261_129;

fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? SEED) });
