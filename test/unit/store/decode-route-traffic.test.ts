import { describe, expect, it } from "vitest";
import { plainRule } from "../../../src/model/route.ts";
import { complaints, decodeOne } from "./decode-entries.ts";

const ruleOf = (rule: object) =>
  [...decodeOne("routes/web", { rules: [rule] }).state.routes.values()][0]?.rules[0];

const none = { requestMs: undefined, backendRequestMs: undefined };
const retry = { attempts: 1, backoffMs: undefined, perTryMs: undefined, codes: [] };

describe("the traffic of a rule", () => {
  it.each([
    [{ timeouts: { request: "0s" } }, { timeouts: { ...none, requestMs: 0 } }],
    [
      { timeouts: { request: "2s", backendRequest: "500ms" } },
      { timeouts: { requestMs: 2_000, backendRequestMs: 500 } },
    ],
    [
      { timeouts: { request: "0s", backendRequest: "1h" } },
      { timeouts: { requestMs: 0, backendRequestMs: 3_600_000 } },
    ],
    [{ retry: {} }, { retry }],
    [
      { retry: { attempts: 3, codes: [503, 429, 503], backoff: "100ms" } },
      { retry: { ...retry, attempts: 3, codes: [429, 503], backoffMs: 100 } },
    ],
    [
      { retry: { perTry: "2s" }, timeouts: { backendRequest: "1s" } },
      {
        retry: { ...retry, perTryMs: 2_000 },
        timeouts: { ...none, backendRequestMs: 1_000 },
      },
    ],
    [
      { retry: {}, timeouts: { backendRequest: "0s" } },
      { retry, timeouts: { ...none, backendRequestMs: 0 } },
    ],
    [
      { hashSplit: { headers: [{ name: "X-User-Id" }] } },
      { hashSplit: { headers: ["x-user-id"], salt: "", grpc: false } },
    ],
    [
      {
        hashSplit: {
          type: "Header",
          headers: [{ name: "A" }, { name: "b" }],
          salt: "web:7.1",
          grpc: true,
        },
      },
      { hashSplit: { headers: ["a", "b"], salt: "web:7.1", grpc: true } },
    ],
    [{ rateLimit: { requests: 100 } }, { rateLimit: { requests: 100, perMs: 1_000, burst: 100 } }],
    [
      { rateLimit: { requests: 5, per: "1m", burst: 20 } },
      { rateLimit: { requests: 5, perMs: 60_000, burst: 20 } },
    ],
    [{ name: "canary" }, { name: "canary" }],
  ])("%j", (rule, expected) => {
    expect(complaints("routes/web", { rules: [rule] })).toEqual([]);
    expect(ruleOf(rule)).toEqual({ ...plainRule, ...expected });
  });

  it.each<readonly [object, string, string]>([
    [
      { timeouts: { request: "1s", backendRequest: "2s" } },
      "timeouts.backendRequest",
      "one attempt cannot take longer than the request",
    ],
    [{ timeouts: { request: "1 s" } }, "timeouts.request", "expected a duration such as"],
    [{ retry: { codes: [200] } }, "retry.codes[0]", "expected an integer from 400 to 599, got 200"],
    [{ retry: { attempts: 99 } }, "retry.attempts", "expected an integer from 0 to 10, got 99"],
    [{ hashSplit: {} }, "hashSplit.headers", "expected a list, but it is missing"],
    [{ hashSplit: { headers: [] } }, "hashSplit.headers", "expected at least one header"],
    [
      { hashSplit: { headers: ["a", "b", "c", "d", "e"].map((name) => ({ name })) } },
      "hashSplit.headers",
      "expected at most 4 headers",
    ],
    [
      { hashSplit: { headers: [{ name: "A" }, { name: "a" }] } },
      "hashSplit.headers[1].name",
      "names a header twice",
    ],
    [
      { hashSplit: { headers: [{ name: "a" }], salt: "\\0" } },
      "hashSplit.salt",
      "expected at most 64 letters, digits, '.', '_', ':' and '-', got \"\\\\0\"",
    ],
    [
      { hashSplit: { type: "Cookie", headers: [{ name: "a" }] } },
      "hashSplit.type",
      'expected "Header", got "Cookie"',
    ],
    [{ rateLimit: {} }, "rateLimit.requests", "expected an integer from 1 to"],
    [
      { rateLimit: { requests: 1, per: "1ms" } },
      "rateLimit.per",
      'expected a duration from 50ms to 24h, got "1ms"',
    ],
    [
      { rateLimit: { requests: 10, burst: 5 } },
      "rateLimit.burst",
      "a burst of fewer than requests would be the rate",
    ],
  ])("%j is refused", (rule, path, message) => {
    const [first, ...more] = complaints("routes/web", { rules: [rule] });
    expect(first).toContain(`error VALUE_INVALID rules[0].${path}: ${message}`);
    expect(more).toEqual([]);
  });

  it("is told that a long limit begins anew with every change", () => {
    const rateLimit = { requests: 1_000, per: "24h" };
    const said = (path: string) => [
      `warning VALUE_INVALID ${path}: every change of the routes fills the bucket again: in longer than 1m more requests may pass`,
    ];
    expect(complaints("routes/web", { rules: [{ rateLimit }] })).toEqual(
      said("rules[0].rateLimit.per"),
    );
    expect(complaints("grpcroutes/web", { rules: [{}, { rateLimit }] })).toEqual(
      said("rules[1].rateLimit.per"),
    );
    expect(complaints("services/web", { rateLimit })).toEqual(said("rateLimit.per"));
  });

  it("is told what keeps users where they are", () => {
    const value = { rules: [{ sessionPersistence: { sessionName: "a", type: "Cookie" } }] };
    expect(complaints("routes/web", value)).toEqual([
      "warning FIELD_UNKNOWN rules[0].sessionPersistence: this field has no effect: hashSplit keeps users where they are",
    ]);
  });
});
