import { describe, expect, it } from "vitest";
import { plainBackend } from "../../../src/model/route.ts";
import { complaints, decodeOne } from "./decode-entries.ts";

const routeOf = (key: string, value: unknown) =>
  [...decodeOne(key, value).state.streamRoutes.values()][0];
const backendRefs = [{ name: "db", subset: "v1", weight: 90 }, { name: "db" }];
const db = { ...plainBackend, service: "db", subset: undefined };
const backends = [{ ...db, subset: "v1", weight: 90 }, db];

describe.each(["tcp", "tls"] as const)("%s routes", (kind) => {
  const key = `${kind}routes/db`;

  it("send connections to the backends of their rule", () => {
    const value = { parentRefs: [{ name: "edge", port: 5432 }], rules: [{ backendRefs }] };
    expect(complaints(key, value)).toEqual([]);
    expect(routeOf(key, value)).toEqual({
      kind,
      name: "db",
      hostnames: [],
      parentRefs: [{ kind: "gateway", gateway: "edge", listener: undefined, port: 5432 }],
      backendRefs: backends,
      origin: key,
      createRevision: 1n,
    });
  });

  it.each<readonly [object, string, string]>([
    [{}, "rules", "expected a list, but it is missing"],
    [{ rules: [] }, "rules", "expected one rule, got an empty list"],
    [
      { rules: [{ backendRefs }, { backendRefs }] },
      "rules[1]",
      "a second rule would never match, as the first one takes every connection",
    ],
    [{ rules: [{}] }, "rules[0].backendRefs", "expected a list, but it is missing"],
    [{ rules: [{ backendRefs: [] }] }, "rules[0].backendRefs", "expected at least one backend"],
  ])("refuse %j", (value, path, message) => {
    const [first, ...more] = complaints(key, value);
    expect(first).toContain(`error VALUE_INVALID ${path}: ${message}`);
    expect(more).toEqual([]);
    expect(routeOf(key, value)).toBeUndefined();
  });

  it("close what a backend of another kind would get", () => {
    const value = { rules: [{ backendRefs: [{ name: "db", kind: "Bucket" }] }] };
    const problem = "serin has no backends of the kind Bucket";
    expect(complaints(key, value)).toEqual([
      `warning VALUE_INVALID rules[0].backendRefs[0]: ${problem}: its share goes to the other backends; without one, requests are closed`,
    ]);
    expect(routeOf(key, value)?.backendRefs).toEqual([{ ...db, invalid: problem }]);
  });
});

describe("the hostnames of connections", () => {
  const value = { hostnames: ["DB.Example", "*.b"], rules: [{ backendRefs }] };

  it("are those of the TLS handshake", () => {
    expect(complaints("tlsroutes/db", value)).toEqual([]);
    expect(routeOf("tlsroutes/db", value)?.hostnames).toEqual(["db.example", "*.b"]);
  });

  it("are not known without TLS", () => {
    expect(complaints("tcproutes/db", value)).toEqual([
      "warning FIELD_UNKNOWN hostnames: this field is not known, and has no effect",
    ]);
  });
});
