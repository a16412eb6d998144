/** Bounds that the composition root gives; this stage reads no configuration. */
export interface TranslateLimits {
  /** Versions of one service that have a cluster on every proxy, unless weights or routes name more. */
  readonly subsets: number;
  /** Diagnostics kept per key. */
  readonly diagnosticsPerKey: number;
}

export const unlimited: TranslateLimits = {
  subsets: Number.POSITIVE_INFINITY,
  diagnosticsPerKey: Number.POSITIVE_INFINITY,
};
