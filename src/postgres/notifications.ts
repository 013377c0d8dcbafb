import type { JobUpdate } from '../jobs/job.ts';

/** The channel of NOTIFY; PostgreSQL keeps channels apart by database. */
export const changeChannel = 'asya_job_updates';

/** PostgreSQL takes less than 8,000 bytes a notification; ids and numbers are ASCII. */
const maxPayload = 7_900;

/** Packs the newest seq of each changed job, `id:seq,id:seq…`, into as few payloads as fit. */
export function encodeChanges(updates: readonly JobUpdate[]): string[] {
  const newest = new Map(updates.map(({ jobId, seq }) => [jobId, seq]));
  const payloads: string[] = [];
  let payload = '';
  for (const [jobId, seq] of newest) {
    const change = `${jobId}:${seq}`;
    if (payload.length + 1 + change.length > maxPayload) {
      payloads.push(payload);
      payload = '';
    }
    payload += payload === '' ? change : `,${change}`;
  }
  if (payload !== '') payloads.push(payload);
  return payloads;
}

export function decodeChanges(payload: string): { jobId: string; seq: number }[] {
  return payload.split(',').map((change) => {
    const [jobId = '', seq = ''] = change.split(':');
    return { jobId, seq: Number(seq) };
  });
}
