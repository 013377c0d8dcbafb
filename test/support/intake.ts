import { pino } from 'pino';
import { ReportIntake, type ReportIntakeOptions } from '../../src/wire/report-intake.ts';
import { ReportMemory } from '../../src/wire/report-memory.ts';

/** An intake of a test, which tries again without a pause worth speaking of. */
export function anIntake(
  options: Pick<ReportIntakeOptions, 'take'> & Partial<ReportIntakeOptions>,
): ReportIntake {
  const { maxResultBytes = 16 * 1_048_576 } = options;
  return new ReportIntake({
    maxResultBytes,
    memory: new ReportMemory(maxResultBytes),
    log: pino({ level: 'silent' }),
    retrying: { firstMs: 1, capMs: 10 },
    ...options,
  });
}
