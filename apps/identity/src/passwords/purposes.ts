/** What the links of resets are issued for; a change of address ends them. */
export const RESET_PASSWORD = 'reset-password';
