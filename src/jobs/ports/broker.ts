import type { Service } from '../../lib/service.ts';
import type { Publisher } from './publisher.ts';

/*
 * What the gateway needs of a message broker. Every adapter passes `test/broker-contract.ts`. How the
 * adapter fetches what actors report is its own affair: it hands each message to a ReportIntake.
 */

/** A job that ended while an actor may still be at work on it. */
export interface CalledOffJob {
  readonly jobId: string;
  /** A Reason; a gateway newer than the actor may know more of them. */
  readonly reason: string;
}

/** What a broker adapter gives to the gateway. Where to publish and whether it can: see Publisher. */
export interface Broker extends Publisher, Service {
  /**
   * Tells all actors that a job was called off, so that they stop working on it. Best effort: it never
   * throws and waits for nothing. An actor that does not hear of it wastes its work, and its result is
   * refused. Absent: the broker cannot reach all actors at once (SQS and Kafka cannot).
   */
  calledOff?(job: CalledOffJob): void;

  /** Can reports come in at the moment? While they cannot, no job fails for the silence of its actor. */
  canHear(): boolean;
}

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
