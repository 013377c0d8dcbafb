export const reportFates = ['applied', 'refused', 'dead-lettered'] as const;

/**
 * What became of a message that an actor reported with:
 * - applied: the job is as it says
 * - refused: its job takes it no longer, or is unknown
 * - dead-lettered: nobody can use it
 */
export type ReportFate = (typeof reportFates)[number];

/** Told of every report that a broker adapter took from a queue. */
export type ReportListener = (queue: string, fate: ReportFate) => void;
