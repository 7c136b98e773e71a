export * from './decide.js';
export * from './flag-config.js';
export * from './flags.js';
export * from './rights.js';
export * from './snapshot.js';
export * from './sticky.js';
