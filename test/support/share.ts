import { expect } from "vitest";
import { binomialInterval } from "./binomial.ts";
import type { LoadReport } from "./load-report.ts";

/** What a share is counted from. */
type Counted = Pick<LoadReport, "total" | "failures" | "byVersion">;

/**
 * Expects that `version` answers this share of the requests, within the binomial 99.9 % interval. A
 * right split misses that once in a thousand times, so a miss is counted once more on fresh
 * requests: twice in a row is once in a million. A request that fails is never forgiven.
 */
export async function expectShare(
  measure: () => Promise<Counted>,
  version: string,
  share: number,
): Promise<void> {
  const first = await counted(measure, version, share);
  if (first.within) return;
  const second = await counted(measure, version, share);
  expect(second.within, `${first.told}, then ${second.told}`).toBe(true);
}

async function counted(measure: () => Promise<Counted>, version: string, share: number) {
  const report = await measure();
  expect(report.failures).toEqual({});
  const count = report.byVersion[version] ?? 0;
  const { low, high } = binomialInterval(report.total, share, 0.999);
  const told = `${version} answered ${count} of ${report.total}, expected ${low} to ${high}`;
  return { within: count >= low && count <= high, told };
}
