import { rejectedReport } from './rejected-report.ts';
import type { ReportSource } from './report-intake.ts';
import { parseReport } from './report.ts';

/** The queue that actors with a `reply_to` send their reports to, by whatever broker. */
export function reportQueue(queue: string): ReportSource {
  return {
    queue,
    decode: parseReport,
    reject: ({ members }, fault) => rejectedReport(members, fault),
  };
}
