import type { HttpLoad, HttpLoadResult } from './http.ts';
import type { StreamsLoad, StreamsResult } from './streams.ts';
import { Worker } from './worker.ts';

/** Sends HTTP requests. */
export const httpWorker = new Worker<HttpLoad, HttpLoadResult>('http.ts');

/** Watches jobs. */
export const streamsWorker = new Worker<StreamsLoad, StreamsResult>('streams.ts');
