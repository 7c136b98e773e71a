// Jest loads the packages of every spec file anew into a fresh VM context: for specs that start whole Nest services that is nearly all of
// their CPU time. This runtime hands loading to Node, so that one process loads Nest, TypeORM and our sources once; Jest keeps all else.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);

let loaded = 0;

/** What Jest's runner and jest-circus ask of a runtime; each spec file itself is evaluated anew, what it imports is not. */
export default class NativeRuntime {
  unstable_shouldLoadAsEsm() {
    return true;
  }

  async unstable_importModule(path) {
    return import(`${pathToFileURL(path)}?run=${++loaded}`);
  }

  requireModule(path) {
    return require(path);
  }

  /** The test framework keeps its state in its module: a fresh one for each spec file. */
  requireInternalModule(path) {
    delete require.cache[require.resolve(path)];
    return require(path);
  }

  /** Node maps stacks to sources by itself (`--enable-source-maps`). */
  getSourceMaps() {
    return new Map();
  }

  setGlobalsForRuntime() {}
  enterTestCode() {}
  leaveTestCode() {}
  getAllCoverageInfoCopy() {}
  teardown() {}
}
