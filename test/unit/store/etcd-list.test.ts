import type { Etcd3, IRangeRequest } from "etcd3";
import { describe, expect, it } from "vitest";
import { err, ok } from "../../../src/lib/result.ts";
import { type CallFailure, storeError } from "../../../src/store/etcd-errors.ts";
import { listPaged, listPast, type Reader } from "../../../src/store/etcd-list.ts";

const prefix = "/serin/";
const request = { from: Buffer.from(prefix), prefixBytes: prefix.length, keysOnly: false };
const bounds = { listPageKeys: 2, listRestarts: 2 };
const compacted: CallFailure = {
  code: 11,
  details: "etcdserver: mvcc: required revision has been compacted",
};

/** Keys a–e; the call numbers in `failures` fail; the revision grows with every call. */
function scripted(failures: ReadonlyMap<number, CallFailure>) {
  const asked: { from: string; revision: string }[] = [];
  const keys = ["a", "b", "c", "d", "e"].map((key) => prefix + key);
  const range = async (range: IRangeRequest) => {
    const from = String(range.key);
    asked.push({ from, revision: String(range.revision ?? "latest") });
    const rest = keys.filter((key) => key >= from);
    return {
      header: { cluster_id: "c1", revision: String(100 + asked.length) },
      more: rest.length > bounds.listPageKeys,
      kvs: rest.slice(0, bounds.listPageKeys).map((key) => ({
        key: Buffer.from(key),
        value: Buffer.from("v"),
        mod_revision: "7",
        create_revision: "6",
      })),
    };
  };
  const reader: Reader = {
    endpoint: "h:1",
    read: async (call) => {
      const failure = failures.get(asked.length);
      if (failure === undefined) return ok(await call({ kv: { range } } as unknown as Etcd3));
      asked.push({ from: "", revision: "failed" });
      return err(failure);
    },
    storeError: (failure, call) => storeError("h:1", failure, call),
  };
  return { reader, asked };
}

describe("paged list", () => {
  it("asks for every page at the revision of the first, from just after the last key", async () => {
    const { reader, asked } = scripted(new Map());
    const listed = await listPaged(reader, request, bounds);
    if (!listed.ok) throw new Error(listed.error.message);
    expect(listed.value).toMatchObject({ revision: 101n, clusterId: "c1", pages: 3 });
    expect([...listed.value.entries.keys()]).toEqual(["a", "b", "c", "d", "e"]);
    expect(asked).toEqual([
      { from: "/serin/", revision: "latest" },
      { from: "/serin/b\0", revision: "101" },
      { from: "/serin/d\0", revision: "101" },
    ]);
  });

  it("starts afresh, at a newer revision, when a compaction took the first away", async () => {
    const { reader, asked } = scripted(new Map([[1, compacted]]));
    const listed = await listPaged(reader, request, bounds);
    if (!listed.ok) throw new Error(listed.error.message);
    expect(listed.value).toMatchObject({ revision: 103n, pages: 3 });
    expect(listed.value.entries.size).toBe(5);
    expect(asked.map((page) => page.revision)).toEqual([
      "latest",
      "failed",
      "latest",
      "103",
      "103",
    ]);
  });

  it("gives up after a bounded number of restarts", async () => {
    const { reader, asked } = scripted(new Map([1, 3, 5].map((call) => [call, compacted])));
    expect(await listPaged(reader, request, bounds)).toMatchObject({
      ok: false,
      error: { kind: "unavailable", message: expect.stringContaining("compacted faster") },
    });
    expect(asked).toHaveLength(6);
  });

  it("never returns half a list", async () => {
    const lost = { code: 14, details: "read ECONNRESET" };
    const { reader } = scripted(new Map([[2, lost]]));
    expect(await listPaged(reader, request, bounds)).toMatchObject({
      ok: false,
      error: { kind: "unavailable", message: "etcd h:1: read ECONNRESET" },
    });
  });
});

describe("the list of a past revision", () => {
  it("asks for every page at that revision", async () => {
    const { reader, asked } = scripted(new Map());
    const listed = await listPast(reader, request, bounds, 42n);
    expect(listed.ok && listed.value.revision).toBe(42n);
    expect(listed.ok && [...listed.value.entries.keys()]).toEqual(["a", "b", "c", "d", "e"]);
    expect(asked.map(({ revision }) => revision)).toEqual(["42", "42", "42"]);
  });

  it("says that it is compacted, or still to come, and does not try again", async () => {
    const future = {
      code: 11,
      details: "etcdserver: mvcc: required revision is a future revision",
    };
    for (const [failure, kind] of [
      [compacted, "compacted"],
      [future, "future"],
    ] as const) {
      const { reader, asked } = scripted(new Map([[1, failure]]));
      const listed = await listPast(reader, request, bounds, 42n);
      expect(listed.ok ? undefined : listed.error.kind).toBe(kind);
      expect(asked).toHaveLength(2);
    }
  });
});
