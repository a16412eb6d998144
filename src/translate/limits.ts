/** Bounds that the composition root gives; this stage reads no configuration. */
export interface TranslateLimits {
  /** Versions of one service that have a cluster on every proxy, unless weights or routes name more. */
  readonly subsets: number;
  /** Matches of lanes' entries at one gateway: each is a route for every match of every route. */
  readonly edgeMatches: number;
  /** Routes that one match of a rule may become by releases, and all matches of a route by mirrors to splits. */
  readonly releaseRoutes: number;
  /** Services whose weights travel in the layer `weights`. */
  readonly layerServices: number;
  /** Diagnostics kept per key. */
  readonly diagnosticsPerKey: number;
}

export const unlimited: TranslateLimits = {
  subsets: Number.POSITIVE_INFINITY,
  edgeMatches: Number.POSITIVE_INFINITY,
  releaseRoutes: Number.POSITIVE_INFINITY,
  layerServices: Number.POSITIVE_INFINITY,
  diagnosticsPerKey: Number.POSITIVE_INFINITY,
};
