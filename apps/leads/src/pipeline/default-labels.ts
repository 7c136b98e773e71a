/** What a new team starts with; it may rename, move, add and remove. */
export const DEFAULT_STAGES = [
  { key: 'new', label: 'New', color: '#64748b' },
  { key: 'contacted', label: 'Contacted', color: '#2563eb' },
  { key: 'qualified', label: 'Qualified', color: '#7c3aed' },
  { key: 'proposal', label: 'Proposal', color: '#d97706' },
  { key: 'won', label: 'Won', color: '#16a34a' },
  { key: 'lost', label: 'Lost', color: '#dc2626' },
] as const;

export const DEFAULT_STATUSES = [
  { key: 'open', label: 'Open', color: '#2563eb' },
  { key: 'working', label: 'Working', color: '#7c3aed' },
  { key: 'nurturing', label: 'Nurturing', color: '#d97706' },
  { key: 'unqualified', label: 'Unqualified', color: '#64748b' },
  { key: 'converted', label: 'Converted', color: '#16a34a' },
] as const;
