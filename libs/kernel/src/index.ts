export * from './assert.js';
export * from './clock.js';
export * from './ctx.js';
export * from './errors.js';
export * from './ids.js';
export * from './limits.js';
export * from './money.js';
export * from './trace.js';
