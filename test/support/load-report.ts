/** What a load generator saw since its start, or since the last `take()`. */
export interface LoadReport {
  /** Finished requests: answered or failed. */
  readonly total: number;
  /** Requests without an answer, and answers outside 200–399. */
  readonly failed: number;
  /** Reason → count, for example `503 no healthy upstream` or `ECONNRESET`. */
  readonly failures: Readonly<Record<string, number>>;
  /** Answers (of any status) by their header `x-served-by`; `(none)` where it is missing. */
  readonly byVersion: Readonly<Record<string, number>>;
  readonly byStatus: Readonly<Record<string, number>>;
  /** `v1 503` → answers. */
  readonly byAnswer: Readonly<Record<string, number>>;
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly elapsedMs: number;
  /** Finished requests per second. */
  readonly rate: number;
}

export interface LoadRecorder {
  answer(status: number, version: string, latencyMs: number): void;
  failure(reason: string): void;
  report(): LoadReport;
}

/** Latencies go into buckets 2 % wide, so that a long run needs no more memory than a short one. */
const bucketGrowth = Math.log(1.02);
const smallestMs = 0.01;

export function createLoadRecorder(): LoadRecorder {
  const start = performance.now();
  const failures: Record<string, number> = {};
  const byVersion: Record<string, number> = {};
  const byStatus: Record<string, number> = {};
  const byAnswer: Record<string, number> = {};
  const buckets: number[] = [];
  let answered = 0;
  let unanswered = 0;
  let refused = 0;
  let max = 0;

  const quantile = (share: number): number => {
    let left = Math.ceil(answered * share);
    for (const [index, count] of buckets.entries()) {
      left -= count ?? 0;
      if (left <= 0) return Math.min(max, smallestMs * Math.exp((index + 1) * bucketGrowth));
    }
    return max;
  };

  return {
    answer(status, version, latencyMs) {
      answered++;
      byStatus[status] = (byStatus[status] ?? 0) + 1;
      byVersion[version] = (byVersion[version] ?? 0) + 1;
      const key = `${version} ${status}`;
      byAnswer[key] = (byAnswer[key] ?? 0) + 1;
      if (status < 200 || status > 399) refused++;
      if (latencyMs > max) max = latencyMs;
      const index = Math.max(0, Math.floor(Math.log(latencyMs / smallestMs) / bucketGrowth));
      buckets[index] = (buckets[index] ?? 0) + 1;
    },
    failure(reason) {
      failures[reason] = (failures[reason] ?? 0) + 1;
      // A refused answer is recorded by `answer` as well; only the others add to the total.
      if (!/^\d/.test(reason)) unanswered++;
    },
    report() {
      const elapsedMs = performance.now() - start;
      const total = answered + unanswered;
      return {
        total,
        failed: refused + unanswered,
        failures: { ...failures },
        byVersion: { ...byVersion },
        byStatus: { ...byStatus },
        byAnswer: { ...byAnswer },
        latencyMs: { p50: quantile(0.5), p99: quantile(0.99), max },
        elapsedMs,
        rate: (total * 1000) / elapsedMs,
      };
    },
  };
}
