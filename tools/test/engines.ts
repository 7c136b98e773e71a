import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { satisfies } from 'semver';

type Manifest = {
  name: string;
  engines?: { node?: string };
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  workspaces?: string[];
};

/** Every direct dependency of ours that does not admit this Node, as sentences. */
export function dependenciesRefusing(root: string, nodeVersion: string): string[] {
  const refused: string[] = [];
  for (const name of directDependencies(root)) {
    const file = join(root, 'node_modules', name, 'package.json');
    if (!existsSync(file)) {
      refused.push(`${name} is not installed`);
      continue;
    }
    const range = readManifest(file).engines?.node;
    if (range && !satisfies(nodeVersion, range))
      refused.push(`${name} wants Node ${range}, ours is ${nodeVersion}`);
  }
  return refused;
}

function directDependencies(root: string): string[] {
  const manifest = readManifest(join(root, 'package.json'));
  const workspaces = (manifest.workspaces ?? []).map((pattern) => pattern.replace('/*', ''));
  const members = workspaces
    .flatMap((dir) =>
      existsSync(join(root, dir)) ? readdirSync(join(root, dir)).map((name) => join(root, dir, name)) : [],
    )
    .map((dir) => join(dir, 'package.json'))
    .filter((file) => existsSync(file))
    .map(readManifest);
  const names = [manifest, ...members].flatMap(({ dependencies, devDependencies }) =>
    Object.keys({ ...dependencies, ...devDependencies }),
  );
  const own = new Set(members.map(({ name }) => name));
  return [...new Set(names)].filter((name) => !own.has(name)).sort();
}

function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
}
