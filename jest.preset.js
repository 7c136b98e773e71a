// Shared by every project's jest.config.mjs: ESM all the way, sources instead of builds, loaded by Node itself (tools/jest).
import { fileURLToPath } from 'node:url';

const our = (file) => fileURLToPath(new URL(`tools/jest/${file}`, import.meta.url));

export default {
  runtime: our('runtime.mjs'),
  testEnvironment: our('environment.mjs'),
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json', 'node'],
  transform: {},
  testMatch: ['**/*.spec.ts'],
  modulePathIgnorePatterns: ['/dist/'],
  setupFilesAfterEnv: [our('properties.mjs')],
  testTimeout: 120_000,
};
