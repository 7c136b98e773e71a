export function dependenciesInSync(root: string): boolean;
export function installIfNeeded(root: string): Promise<{ ok: true } | { ok: false; message: string }>;
