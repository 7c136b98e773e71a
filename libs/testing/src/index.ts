export * from './data-model.js';
export * from './eventually.js';
export * from './mail-sink.js';
export * from './sms-sink.js';
export * from './test-database.js';
export * from './test-nats.js';
export * from './test-rights.js';
export * from './test-service.js';
