import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Answer, Api } from "../../../src/web/api/api.ts";
import { problemOf } from "../../../src/web/api/problem.ts";
import { type Acknowledged, watchAcknowledged } from "../../../src/web/write/acknowledge.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const problem = (status: number, code: string, members: object = {}): Answer<never> => ({
  ok: false,
  problem: problemOf({
    ...{ kind: "problem", status, detail: "" },
    members: { type: `urn:serin:problem:${code}`, ...members },
  }),
});
const done: Answer<unknown> = {
  ok: true,
  value: { proxies: 5, replicas: 2 },
  etag: null,
  isCut: false,
};

/** What is told while a wait is answered so, in turn. */
async function told(...answers: readonly Answer<unknown>[]) {
  const asked: string[] = [];
  const rest = [...answers];
  const call = async (what: string): Promise<Answer<unknown>> => {
    asked.push(what);
    return rest.shift() ?? done;
  };
  const said: Acknowledged[] = [];
  const api = { call: call as Api["call"] };
  const watched = watchAcknowledged(
    api,
    7,
    (each) => said.push(each),
    new AbortController().signal,
  );
  await vi.advanceTimersByTimeAsync(10_000);
  await watched;
  return { said, asked: [...new Set(asked)] };
}

describe("what is told of a write", () => {
  it("counts the proxies of all replicas, by the wait alone", async () => {
    const pending = problem(504, "not-applied", { accepted: 3, proxies: 5, replicas: 2 });
    const { said, asked } = await told(pending, done);
    expect(said).toEqual([
      { kind: "waiting", count: 3, total: 5 },
      { kind: "all", total: 5 },
    ]);
    expect(asked).toEqual(["GET /v1/wait"]);
  });

  it("keeps the count where a wait has no room, and ends where one rejects", async () => {
    const { said } = await told(
      problem(504, "not-applied", { accepted: 1, proxies: 5 }),
      problem(429, "too-many-waits"),
      problem(409, "rejected", { accepted: 4, proxies: 5 }),
    );
    expect(said).toEqual([
      { kind: "waiting", count: 1, total: 5 },
      { kind: "waiting", count: 1, total: 5 },
      { kind: "rejected", count: 4, total: 5 },
    ]);
  });
});
