import preset from '../../jest.preset.js';

// Journeys start whole platforms: what is slow here is the machine, never a wait of our own.
export default { ...preset, displayName: 'e2e', testTimeout: 900_000 };
