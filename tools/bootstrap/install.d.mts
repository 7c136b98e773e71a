export function dependenciesInSync(root: string): boolean;
export function linkWorkspaces(root: string): void;
export function installIfNeeded(root: string): Promise<{ ok: true } | { ok: false; message: string }>;
