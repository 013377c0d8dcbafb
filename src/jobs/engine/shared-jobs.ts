import { ClientJobs, type ClientJobsParts } from './client-jobs.ts';
import type { Viewer } from '../viewer.ts';

/** The jobs of everybody. A client reaches them only as somebody, who sees what is theirs. */
export class SharedJobs {
  readonly #parts: ClientJobsParts;

  constructor(parts: ClientJobsParts) {
    this.#parts = parts;
  }

  /** The jobs as a client sees them. */
  as(viewer: Viewer): ClientJobs {
    return new ClientJobs(this.#parts, viewer);
  }
}
