// The environment that goes with runtime.mjs: specs run in the global scope of the process, as the services do in production.

/** Gives a spec file the process as it is, and hands the next one the process as it was. */
export default class NativeEnvironment {
  global = globalThis;
  #env = { ...process.env };
  #exit = process.exit;
  #console = console;

  /** Jest asks every environment for one; there is none here. */
  getVmContext() {
    return null;
  }

  async setup() {
    // Jest's own mapping of stacks would take the place of Node's.
    Error.prepareStackTrace = undefined;
  }

  async teardown() {
    for (const name of Object.keys(process.env)) if (!(name in this.#env)) delete process.env[name];
    Object.assign(process.env, this.#env);
    process.exit = this.#exit;
    globalThis.console = this.#console;
  }
}
