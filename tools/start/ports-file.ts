import { join } from 'node:path';
import { readJson, writeJson } from '../infra/files.ts';
import { pickPort, releasePort } from '../infra/ports.ts';

/** The ports of one instance, remembered in `ports.json` so that its addresses stay the same from start to start. */
export class InstancePorts {
  private readonly file: string;
  private readonly remembered: Record<string, number>;
  private readonly preferred: Record<string, number>;
  private readonly picked: number[] = [];

  /** `preferred` names first choices; without one for a name, a random free port is taken. */
  constructor(dataDir: string, preferred: Record<string, number> = {}) {
    this.file = join(dataDir, 'ports.json');
    this.remembered = readJson<Record<string, number>>(this.file) ?? {};
    this.preferred = preferred;
  }

  /** The remembered port, else the preferred one, else a free one; the next free one if that is taken. */
  async pick(name: string): Promise<number> {
    const port = await pickPort(this.remembered[name] ?? this.preferred[name]);
    this.picked.push(port);
    if (this.remembered[name] !== port) {
      this.remembered[name] = port;
      writeJson(this.file, this.remembered);
    }
    return port;
  }

  release(): void {
    for (const port of this.picked.splice(0)) releasePort(port);
  }
}
