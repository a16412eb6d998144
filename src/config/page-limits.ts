/** Bounds of the web page that serin serves. */
export const pageLimits = {
  /** Bytes from which on an asset is compressed: below, the head of gzip eats what it saves. */
  gzipFromBytes: 1_024,
  /** Seconds that browsers keep an asset: a year, since its address changes with its content. */
  assetMaxAgeS: 31_536_000,
} as const;
