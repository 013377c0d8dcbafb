/** What an owner used of its limits at one replica, since it was told last. */
export interface Usage {
  readonly owner: string;
  readonly calls: number;
  /** Jobs that were made. */
  readonly jobs: number;
}

/** Told what other replicas let through. */
export type UsageListener = (usages: readonly Usage[]) => void;

/** Tells other replicas what this one let through. */
export interface UsageChannel {
  tell(usages: readonly Usage[]): Promise<void>;
}
