/** Closed teams too: they still owe, and are still owed. */
export const TEAM_ADDRESS = `SELECT name, email FROM tenants WHERE id = $1`;
