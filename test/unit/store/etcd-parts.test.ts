import { describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import { backoffMs } from "../../../src/store/backoff.ts";
import { difference } from "../../../src/store/change.ts";
import { Audit, lasting, mismatches } from "../../../src/store/etcd-audit.ts";
import { callFailure, neverSent, storeError } from "../../../src/store/etcd-errors.ts";
import { prefixEnd } from "../../../src/store/etcd-list.ts";
import { lostInList, lostWith, touchesObjects } from "../../../src/store/mass-delete.ts";
import { openStore, parseHosts } from "../../../src/store/open.ts";
import type { Entry } from "../../../src/store/store.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const entry = (key: string, revision: number, text = "x"): [string, Entry] => [
  key,
  {
    key,
    value: new Uint8Array(Buffer.from(text)),
    modRevision: BigInt(revision),
    createRevision: 1n,
  },
];

describe("difference of two states", () => {
  it("has the new, the changed and the gone", () => {
    const before = new Map([entry("same", 1), entry("changed", 2), entry("gone", 3)]);
    const after = new Map([entry("same", 1), entry("changed", 9), entry("new", 8)]);
    const change = difference(before, after, 9n);
    expect(change.revision).toBe(9n);
    expect(change.puts.map((e) => e.key)).toEqual(["changed", "new"]);
    expect(change.deletes).toEqual(["gone"]);
  });

  it("sees other bytes at the same revision, as after a restore from a backup", () => {
    const change = difference(new Map([entry("a", 5, "old")]), new Map([entry("a", 5, "new")]), 5n);
    expect(change.puts.map((e) => e.key)).toEqual(["a"]);
  });
});

describe("keys that are lost at once", () => {
  const keys = ["endpoints/web/1", "endpoints/web/2", "weights/web"];
  const entries = new Map(keys.map((key) => entry(key, 1)));
  const [e1 = "", e2 = "", weights = ""] = keys;
  const put = (key: string) => [entry(key, 2)[1]];
  it.each([
    [{ puts: [], deletes: keys }, 3, ""],
    [{ puts: [], deletes: keys }, 4, undefined],
    [{ puts: [], deletes: [e1, e2] }, 2, "endpoints/"],
    [{ puts: [], deletes: [e1, e2] }, 3, undefined],
    [{ puts: put("services/web"), deletes: [e1, e2] }, 2, "endpoints/"],
    [{ puts: put("endpoints/web/3"), deletes: [e1, e2] }, 2, undefined],
    [{ puts: put("services/web"), deletes: keys }, 2, "endpoints/"],
    [{ puts: [], deletes: [e1, weights] }, 2, undefined],
    [{ puts: [], deletes: [weights, "endpoints/other/1"] }, 1, undefined],
  ])("case %#", (change, least, expected) => {
    expect(lostWith(entries, { revision: 2n, ...change }, least)).toBe(expected);
  });

  it("are none where there was nothing to lose", () => {
    const weightsAlone = new Map([entry(weights, 1)]);
    expect(lostInList(weightsAlone, weightsAlone, 0)).toBeUndefined();
    expect(lostInList(new Map(), new Map(), 0)).toBeUndefined();
  });

  it("are all, where nothing but what serin writes by itself is left or has come back", () => {
    const own = ["status/controller", "history/web/1", "audit/x"].map((key) => entry(key, 1));
    const weightsAlone = new Map([entry(weights, 1)]);
    const both = new Map([...entries, ...own]);
    expect(lostWith(both, { revision: 2n, puts: [], deletes: keys }, 3)).toBe("");
    expect(lostInList(weightsAlone, new Map(own), 10)).toBe("");
    expect(lostInList(both, new Map(own), 3)).toBe("");
    // To lose only these is no loss.
    expect(lostInList(new Map(own), new Map(), 1)).toBeUndefined();
    const gone = own.map(([key]) => key);
    expect(lostWith(both, { revision: 2n, puts: [], deletes: gone }, 3)).toBeUndefined();
    expect(touchesObjects({ revision: 2n, puts: [], deletes: gone })).toBe(false);
    expect(touchesObjects({ revision: 2n, puts: put(weights), deletes: gone })).toBe(true);
  });

  it("are all, where a list is empty, and the endpoints, where it has none of enough", () => {
    const weightsAlone = new Map([entry(weights, 1)]);
    expect(lostInList(weightsAlone, new Map(), 10)).toBe("");
    expect(lostInList(weightsAlone, new Map(), Number.POSITIVE_INFINITY)).toBeUndefined();
    expect(lostInList(entries, weightsAlone, 2)).toBe("endpoints/");
    expect(lostInList(entries, weightsAlone, 3)).toBeUndefined();
  });
});

describe("back-off", () => {
  const { backoffMinMs: min, backoffMaxMs: max } = limits.store;
  it("doubles up to its maximum, and never falls below its minimum", () => {
    expect([0, 1, 2, 9, 1_000].map((n) => backoffMs(n, limits.store, 0.999_999))).toEqual([
      min,
      2 * min - 1,
      4 * min - 1,
      max - 1,
      max - 1,
    ]);
    expect(backoffMs(9, limits.store, 0)).toBe(min);
  });
});

describe("failed calls", () => {
  const failure = (text: string) => callFailure(new Error(text));

  it("are read from gRPC's text, as the etcd3 package passes it on", () => {
    expect(failure("GRPCUnavailableError: 14 UNAVAILABLE: read ECONNRESET")).toEqual({
      code: 14,
      details: "read ECONNRESET",
    });
    expect(failure("Lease X: 5 NOT_FOUND: not found is expired or revoked").code).toBe(5);
    expect(failure("something else").code).toBe(2);
  });

  it.each([
    ["14 UNAVAILABLE: read ECONNRESET", "unavailable", "ambiguous"],
    ["4 DEADLINE_EXCEEDED: Deadline exceeded", "unavailable", "ambiguous"],
    ["14 UNAVAILABLE: No connection established. Last error: x", "unavailable", "unavailable"],
    ["7 PERMISSION_DENIED: etcdserver: permission denied", "denied", "denied"],
    ["3 INVALID_ARGUMENT: etcdserver: authentication failed, invalid user ID", "denied", "denied"],
    ["3 INVALID_ARGUMENT: etcdserver: request is too large", "refused", "refused"],
    ["8 RESOURCE_EXHAUSTED: etcdserver: mvcc: database space exceeded", "refused", "refused"],
  ])("%s", (text, read, write) => {
    expect(storeError("h:1", failure(text), "read").kind).toBe(read);
    expect(storeError("h:1", failure(text), "write").kind).toBe(write);
  });

  it.each([
    [
      "14 UNAVAILABLE: No connection established. Last error: read ECONNRESET (2026-11-24T11:47:01.2Z). Resolution note: ",
      "etcd h:1: no connection (read ECONNRESET)",
    ],
    [
      "14 UNAVAILABLE: No connection established. Last error: Error: connect ECONNREFUSED 10.0.0.1:2379. Resolution note: ",
      "etcd h:1: no connection (connect ECONNREFUSED 10.0.0.1:2379)",
    ],
    [
      "4 DEADLINE_EXCEEDED: Deadline exceeded after 4.0s,remote_addr=10.0.0.1:2379",
      "etcd h:1: no answer within the deadline",
    ],
    [
      "3 INVALID_ARGUMENT: etcdserver: user name is empty",
      "etcd h:1: etcd asks for a user name and a password",
    ],
    [
      "14 UNAVAILABLE: No connection established. Last error: Error: Client network socket disconnected before secure TLS connection was established. Resolution note: ",
      expect.stringMatching(
        /^etcd h:1: TLS failed \(.*\); does etcd speak TLS at all\? etcd:\/\/ is/,
      ),
    ],
    [
      "14 UNAVAILABLE: No connection established. Last error: self-signed certificate",
      expect.stringMatching(/^etcd h:1: TLS failed \(.*\); check the CA/),
    ],
  ])("are told in words that repeat: %s", (text, message) => {
    expect(storeError("h:1", failure(text), "read").message).toEqual(message);
  });

  it("know a write that never left", () => {
    expect(neverSent(failure("14 UNAVAILABLE: No connection established"))).toBe(true);
    expect(neverSent(failure("14 UNAVAILABLE: Connection dropped"))).toBe(false);
  });
});

describe("prefix end", () => {
  it.each([
    [[0x61], [0x62]],
    [[0x61, 0xff], [0x62]],
    [[0xff, 0xff], [0]],
    [[], [0]],
  ])("of %j is %j", (prefix, end) => {
    expect([...prefixEnd(Buffer.from(prefix))]).toEqual(end);
  });
});

describe("audit", () => {
  it("finds keys that differ on either side", () => {
    const applied = new Map([entry("same", 1), entry("old", 2), entry("extra", 3)]);
    const listed = new Map([entry("same", 1), entry("old", 4), entry("missing", 5)]);
    expect(Object.fromEntries(mismatches(applied, listed))).toEqual({
      old: "2 4",
      extra: "3 absent",
      missing: "absent 5",
    });
  });

  it("counts only what both looks show alike", () => {
    const first = new Map([
      ["lost", "1 2"],
      ["late", "1 2"],
      ["busy", "1 2"],
    ]);
    const second = new Map([
      ["lost", "1 2"],
      ["busy", "2 3"],
    ]);
    expect(lasting(first, second)).toBe(1);
  });

  it("looks twice before it reports, goes on, and ends when stopped", async () => {
    const clock = new FakeClock();
    const looks: string[] = [];
    const reports: number[] = [];
    const bounds = { auditIntervalMs: 100, auditConfirmMs: 10 };
    const look = async () => {
      looks.push(String(clock.monotonicMs()));
      return new Map([["lost", "1 2"]]);
    };
    const audit = new Audit({ clock, bounds, look, onDivergence: (n) => reports.push(n) });
    const advance = async (ms: number) => {
      clock.advance(ms);
      await new Promise((resolve) => setImmediate(resolve));
    };
    await advance(10);
    expect([looks, reports]).toEqual([["10"], []]);
    await advance(10);
    expect([looks, reports]).toEqual([["10", "20"], [1]]);
    await advance(100);
    audit.stop();
    await advance(1_000);
    expect([looks, reports]).toEqual([["10", "20", "120"], [1]]);
  });
});

describe("store URLs", () => {
  it.each([
    ["h1:2379,h2:2380", ["h1:2379", "h2:2380"]],
    ["h1", ["h1:2379"]],
    ["[::1]:2379,10.0.0.1", ["[::1]:2379", "10.0.0.1:2379"]],
    ["etcd-0.etcd.ns.svc:2379/", ["etcd-0.etcd.ns.svc:2379"]],
  ])("hosts of %s", (authority, hosts) => {
    expect(parseHosts(authority)).toEqual({ ok: true, value: hosts });
  });

  it.each(["", "h1:", "h1:99999", "h1:0", "h1/path", "h1,,h2", "http://h1"])(
    "refuses the hosts %j",
    (authority) => {
      expect(parseHosts(authority).ok).toBe(false);
    },
  );

  it("refuses credentials without repeating them", async () => {
    const opened = await openStore("etcd://root:hunter2@h1:2379");
    expect(opened.ok).toBe(false);
    expect(JSON.stringify(opened)).not.toContain("hunter2");
  });

  it("opens each kind, and connects to nothing yet", async () => {
    const described = async (url: string) => {
      const opened = await openStore(url);
      if (!opened.ok) throw new Error(opened.error);
      await opened.value.close();
      return opened.value.description;
    };
    expect(await described("etcd://h1:2379,h2")).toBe("etcd://h1:2379,h2:2379 under /serin/");
    expect(await described("etcds://h1")).toBe("etcds://h1:2379 under /serin/");
    expect(await described("memory:")).toBe("memory");
    expect(await described("file:.")).toBe("file:.");
  });

  it.each(["", "redis://h1", "file:", "file:/nonexistent/serin", "memory:/nonexistent/serin"])(
    "refuses %j in words",
    async (url) => {
      expect(await openStore(url)).toMatchObject({ ok: false, error: expect.any(String) });
    },
  );

  it("names a TLS file that cannot be read", async () => {
    const opened = await openStore("etcds://h1", { tls: { caFile: "/nonexistent/ca.pem" } });
    expect(opened).toMatchObject({ ok: false, error: expect.stringContaining("ca.pem") });
    const half = await openStore("etcds://h1", { tls: { certFile: "/nonexistent/c.pem" } });
    expect(half).toMatchObject({ ok: false, error: expect.stringContaining("go together") });
  });
});
