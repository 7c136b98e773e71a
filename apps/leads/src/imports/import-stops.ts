/** Another worker has this import now, or somebody cancelled it: nothing more may be written under this lease. */
export class LeaseLost extends Error {}

/** The run must begin anew, here or in another process, and goes on after the last batch that was stored. */
export class Interrupted extends Error {}

/** The team does not have imports now, or is suspended: the import waits until it has them. */
export class FeatureOff extends Error {}
