export * from './capabilities.js';
export * from './define/api.js';
export * from './define/event.js';
export * from './define/fields.js';
export * from './define/page.js';
export * from './define/schema.js';
export * from './define/validate.js';
