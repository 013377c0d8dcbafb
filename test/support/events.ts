import fc from 'fast-check';
import type { JobEvent } from '../../src/jobs/event.ts';

/** Any event, sensible or not, for a job of two steps. */
export function anEvent(): fc.Arbitrary<JobEvent> {
  const stepStatus = fc.constantFrom('received', 'processing', 'completed' as const);
  const message = fc.option(fc.constantFrom('one', 'two'));
  const percent = fc.integer({ min: 0, max: 100 });
  const key = fc.constantFrom('one', 'two');
  const question = { method: 'roots/list', params: {} } as const;
  return fc.oneof(
    fc.record(
      {
        type: fc.constant('heartbeat' as const),
        actorName: fc.constantFrom('download', 'enhance-actor', 'somebody else'),
        stepStatus,
        message,
        percent,
      },
      { requiredKeys: ['type', 'actorName', 'stepStatus', 'message'] },
    ),
    fc
      .record(
        {
          type: fc.constant('progress' as const),
          step: fc.constantFrom('download', 'enhance'),
          stepIndex: fc.nat(3),
          totalSteps: fc.integer({ min: 1, max: 4 }),
          stepStatus,
          message,
          percent,
          route: fc.array(fc.constantFrom('download', 'enhance', 'more'), {
            minLength: 4,
            maxLength: 6,
          }),
        },
        { requiredKeys: ['type', 'step', 'stepIndex', 'totalSteps', 'stepStatus', 'message'] },
      )
      .filter(({ stepIndex, totalSteps }) => stepIndex < totalSteps),
    fc.record({
      type: fc.constant('asked' as const),
      step: fc.constantFrom('download', 'enhance'),
      stepIndex: fc.nat(1),
      requests: fc.dictionary(key, fc.constant(question), { minKeys: 1 }),
      payload: fc.constantFrom(null, 'given'),
      metadata: fc.constant({ job_id: 'j' }),
    }),
    fc.record({
      type: fc.constant('answered' as const),
      answers: fc.dictionary(key, fc.constant({ action: 'decline' })),
    }),
    fc.record({
      type: fc.constant('succeeded' as const),
      result: fc.constantFrom(null, 'done', { n: 1 }),
    }),
    fc.record({
      type: fc.constant('failed' as const),
      reason: fc.constantFrom(
        'ActorError',
        'Unroutable',
        'PublishFailed',
        'ResultRejected' as const,
      ),
      error: fc.constantFrom('broken', 'gone'),
      details: fc.constant(null),
    }),
    fc.record({
      type: fc.constant('cancelled' as const),
      reason: fc.constantFrom('CancelledByClient', 'CancelledByOperator' as const),
      message,
    }),
    fc.constant({ type: 'deadline' as const }),
    fc.constant({ type: 'heartbeat-lost' as const }),
  );
}
