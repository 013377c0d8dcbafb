/*
 * Loaded into a gateway before its own code (`--import`): its wall clock is off by an offset, and
 * steps to the opposite one after a time. Timers and the monotonic clock go on as they do when an
 * operator sets a machine's clock.
 */

const offsetMs = Number(process.env['TEST_CLOCK_OFFSET_MS']);
const stepAfterMs = Number(process.env['TEST_CLOCK_STEP_AFTER_MS']);

const now = Date.now.bind(Date);
const begun = now();

Date.now = () => {
  const stepped = now() - begun >= stepAfterMs;
  return now() + (stepped ? -offsetMs : offsetMs);
};
