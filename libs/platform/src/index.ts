export * from './config.js';
export * from './logging.js';
export * from './metrics.js';
export * from './object-storage.js';
export * from './ops.controller.js';
export * from './readiness.js';
export * from './service.module.js';
export * from './start-service.js';
