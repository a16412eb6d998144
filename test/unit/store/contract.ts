/** What src/store/store.ts promises, held against any store. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import type { Result } from "../../../src/lib/result.ts";
import type { Store, StoreError, Transaction, Write } from "../../../src/store/store.ts";
import { RecordingSink } from "../../support/recording-sink.ts";

export interface Subject {
  /** Empty. */
  readonly store: Store;
  dispose(): Promise<void>;
}

export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

export const put = (key: string, text: string): Write => ({ kind: "put", key, value: bytes(text) });

export const remove = (key: string): Write => ({ kind: "delete", key });

export function value<T>(result: Result<T, StoreError>): T {
  if (!result.ok) throw new Error(`${result.error.kind}: ${result.error.message}`);
  return result.value;
}

export function storeContract(
  open: () => Promise<Subject>,
  options: { readonly runs: number },
): void {
  let subject: Subject;
  let store: Store;
  beforeEach(async () => {
    subject = await open();
    store = subject.store;
  });
  afterEach(async () => {
    await subject.dispose();
  });

  const write = async (...writes: Write[]) => value(await store.transact({ compare: [], writes }));
  const guarded = (key: string, modRevision: bigint, ...writes: Write[]): Transaction => ({
    compare: [{ key, modRevision }],
    writes,
  });
  const texts = async (prefix: string) => {
    const { entries } = value(await store.list(prefix));
    return [...entries.values()].map((e) => `${e.key}=${Buffer.from(e.value)}`).sort();
  };

  describe("reads and writes", () => {
    it("has no entry for a key that was never written", async () => {
      expect(value(await store.get("weights/web"))).toBeUndefined();
      expect(value(await store.list("")).entries.size).toBe(0);
    });

    it("returns what was written, with the revision of the write", async () => {
      const { committed, revision } = await write(put("weights/web", "v1: 90"));
      expect(committed).toBe(true);
      expect(value(await store.get("weights/web"))).toEqual({
        key: "weights/web",
        value: bytes("v1: 90"),
        modRevision: revision,
        createRevision: revision,
      });
    });

    it("keeps createRevision and raises modRevision, even when the bytes stay the same", async () => {
      const first = await write(put("a", "1"));
      const second = await write(put("a", "1"));
      expect(second.revision).toBeGreaterThan(first.revision);
      const entry = value(await store.get("a"));
      expect(entry?.modRevision).toBe(second.revision);
      expect(entry?.createRevision).toBe(first.revision);
    });

    it("deletes, and starts a new life of the key at the next write", async () => {
      await write(put("a", "1"));
      await write(remove("a"));
      expect(value(await store.get("a"))).toBeUndefined();
      const { revision } = await write(put("a", "2"));
      expect(value(await store.get("a"))?.createRevision).toBe(revision);
    });

    it("does not move the revision for the deletion of a missing key", async () => {
      const before = await write(put("a", "1"));
      const after = await write(remove("missing"));
      expect(after).toEqual({ committed: true, revision: before.revision });
    });

    it("lists by key prefix, at one revision", async () => {
      const { revision } = await write(put("weights/web", "1"), put("weightsx", "2"));
      await write(put("services/web", "3"));
      expect(await texts("weights/")).toEqual(["weights/web=1"]);
      expect(await texts("weights")).toEqual(["weights/web=1", "weightsx=2"]);
      expect(value(await store.list("")).revision).toBeGreaterThan(revision);
    });

    it("keeps binary values as they are", async () => {
      const raw = Uint8Array.from({ length: 256 }, (_, i) => i);
      await write({ kind: "put", key: "raw/x", value: raw });
      expect(value(await store.get("raw/x"))?.value).toEqual(raw);
      await write({ kind: "put", key: "raw/x", value: new Uint8Array() });
      expect(value(await store.get("raw/x"))?.value).toEqual(new Uint8Array());
    });
  });

  describe("transactions", () => {
    it("creates only where there is nothing", async () => {
      const create = guarded("a", 0n, put("a", "1"));
      expect(value(await store.transact(create)).committed).toBe(true);
      expect(value(await store.transact(create)).committed).toBe(false);
    });

    it("writes nothing when a guard does not hold", async () => {
      const first = await write(put("a", "1"));
      await write(put("a", "2"));
      const stale = guarded("a", first.revision, put("a", "3"), put("b", "3"));
      expect(value(await store.transact(stale)).committed).toBe(false);
      expect(await texts("")).toEqual(["a=2"]);
    });

    it("guards on a key that it does not write", async () => {
      const { revision } = await write(put("policy", "1"));
      expect(
        value(await store.transact(guarded("policy", revision, put("w", "1")))).committed,
      ).toBe(true);
      await write(put("policy", "2"));
      expect(
        value(await store.transact(guarded("policy", revision, put("w", "2")))).committed,
      ).toBe(false);
    });

    it("gives every write of a transaction the same revision", async () => {
      const { revision } = await write(put("a", "1"), put("b", "1"));
      const { entries } = value(await store.list(""));
      expect([...entries.values()].map((e) => e.modRevision)).toEqual([revision, revision]);
    });

    it("lets exactly one of many competing creations win", async () => {
      const attempts = Array.from({ length: 16 }, (_, i) =>
        store.transact(guarded("leader", 0n, put("leader", String(i)))),
      );
      const outcomes = (await Promise.all(attempts)).map(value);
      expect(outcomes.filter((outcome) => outcome.committed)).toHaveLength(1);
    });

    it.each<[string, readonly Write[]]>([
      ["a key written twice", [put("a", "1"), remove("a")]],
      ["an empty key", [put("", "1")]],
      ["a key with a NUL", [put("a\0b", "1")]],
      ["a value that is too large", [put("a", "x".repeat(limits.store.valueBytes + 1))]],
      [
        "too many writes",
        Array.from({ length: limits.store.transactionWrites + 1 }, (_, i) => put(`k${i}`, "1")),
      ],
    ])("refuses %s, and writes nothing", async (_name, writes) => {
      const result = await store.transact({ compare: [], writes });
      expect(result).toMatchObject({ ok: false, error: { kind: "refused" } });
      expect(await texts("")).toEqual([]);
    });
  });

  describe("watch", () => {
    let sink: RecordingSink;
    beforeEach(() => {
      sink = new RecordingSink();
    });
    afterEach(() => {
      expect(sink.breaches).toEqual([]);
    });
    const started = () => sink.until("start", () => sink.started !== undefined);

    it("starts with the whole state, then tells each transaction as one change", async () => {
      const { revision } = await write(put("a", "1"), put("b", "1"));
      const watch = store.watch(sink);
      await started();
      expect(sink.started?.revision).toBeGreaterThanOrEqual(revision);
      expect(sink.values()).toEqual({ a: "1", b: "1" });
      const second = await write(remove("a"), put("b", "2"), put("c", "2"));
      await sink.until("the change", () => sink.changes.length > 0);
      expect(sink.changes).toHaveLength(1);
      const change = sink.changes[0];
      expect(change?.revision).toBe(second.revision);
      expect(change?.deletes).toEqual(["a"]);
      expect(change?.puts.map((e) => e.key).sort()).toEqual(["b", "c"]);
      await watch.close();
    });

    it("starts with an empty state too", async () => {
      const watch = store.watch(sink);
      await started();
      expect(sink.started?.entries.size).toBe(0);
      await watch.close();
    });

    it("tells changes in the order of their revisions, none twice", async () => {
      const watch = store.watch(sink);
      await started();
      const written: bigint[] = [];
      for (let i = 0; i < 20; i++) written.push((await write(put("a", String(i)))).revision);
      await sink.until("20 changes", () => sink.changes.length >= 20);
      expect(sink.changes.map((change) => change.revision)).toEqual(written);
      await watch.close();
    });

    it("gives a state that later changes do not touch", async () => {
      await write(put("a", "1"));
      const watch = store.watch(sink);
      await started();
      await write(remove("a"));
      await sink.until("the deletion", () => sink.changes.length > 0);
      expect(sink.started?.entries.has("a")).toBe(true);
      await watch.close();
    });

    it("tells nothing after close, and goes on telling others", async () => {
      const other = new RecordingSink();
      const first = store.watch(sink);
      const second = store.watch(other);
      await started();
      await other.until("start", () => other.started !== undefined);
      await first.close();
      sink.closed = true;
      await write(put("a", "1"));
      await other.until("the change", () => other.changes.length > 0);
      expect(sink.changes).toEqual([]);
      await second.close();
      expect(other.breaches).toEqual([]);
    });

    it("does not nest the changes that a sink makes from inside a call", async () => {
      const other = new RecordingSink();
      // A watcher may hear of a write before the writer does.
      const inner: Promise<unknown>[] = [];
      sink.onCall = (call) => {
        if (call === "change" && sink.changes.length === 1) inner.push(write(put("b", "1")));
      };
      const watches = [store.watch(sink), store.watch(other)];
      await started();
      await other.until("start", () => other.started !== undefined);
      await write(put("a", "1"));
      await sink.until("both changes", () => sink.changes.length === 2);
      await other.until("both changes", () => other.changes.length === 2);
      for (const watcher of [sink, other]) {
        expect(watcher.changes.map((c) => c.puts[0]?.key)).toEqual(["a", "b"]);
      }
      await Promise.all(inner);
      expect(other.breaches).toEqual([]);
      await Promise.all(watches.map((watch) => watch.close()));
    });

    it("folds to the same state as a list, whatever the transactions are", async () => {
      const watch = store.watch(sink);
      await started();
      const key = fc.constantFrom("a", "b", "c/d", "c/e", "f");
      const anyWrite = fc.record({ key, text: fc.option(fc.string({ maxLength: 8 })) });
      const transactions = fc.uniqueArray(anyWrite, { minLength: 1, selector: (w) => w.key });
      await fc.assert(
        fc.asyncProperty(fc.array(transactions, { maxLength: 6 }), async (all) => {
          let revision = 0n;
          for (const writes of all) {
            const done = await write(
              ...writes.map(({ key, text }) => (text === null ? remove(key) : put(key, text))),
            );
            revision = done.revision;
          }
          // A last write, so that there is a change to wait for.
          revision = (await write(put("mark", String(revision)))).revision;
          await sink.until("the last change", () => sink.changes.at(-1)?.revision === revision);
          const listed = value(await store.list(""));
          expect(new Map([...sink.entries].sort())).toEqual(new Map([...listed.entries].sort()));
        }),
        { numRuns: options.runs },
      );
      await watch.close();
    });
  });

  describe("leases", () => {
    it("deletes the keys of a revoked lease in one change", async () => {
      const sink = new RecordingSink();
      const watch = store.watch(sink);
      await sink.until("start", () => sink.started !== undefined);
      const lease = value(await store.lease(60));
      await write(
        { kind: "put", key: "endpoints/web/1", value: bytes("1"), lease },
        { kind: "put", key: "endpoints/web/2", value: bytes("2"), lease },
        put("stays", "1"),
      );
      value(await lease.keepAlive());
      value(await lease.revoke());
      await sink.until("the deletion", () => sink.changes.some((c) => c.deletes.length > 0));
      expect(sink.changes.at(-1)?.deletes.toSorted()).toEqual([
        "endpoints/web/1",
        "endpoints/web/2",
      ]);
      expect(await texts("")).toEqual(["stays=1"]);
      await watch.close();
    });

    it("fails to confirm, to revoke or to use a lease that is gone", async () => {
      const lease = value(await store.lease(60));
      value(await lease.revoke());
      expect(await lease.keepAlive()).toMatchObject({ ok: false, error: { kind: "refused" } });
      expect(await lease.revoke()).toMatchObject({ ok: false, error: { kind: "refused" } });
      const write: Write = { kind: "put", key: "a", value: bytes("1"), lease };
      const used = await store.transact({ compare: [], writes: [write] });
      expect(used).toMatchObject({ ok: false, error: { kind: "refused" } });
    });

    it("takes a key off its lease when it is written without one", async () => {
      const lease = value(await store.lease(60));
      await write({ kind: "put", key: "a", value: bytes("1"), lease });
      await write(put("a", "2"));
      value(await lease.revoke());
      expect(await texts("")).toEqual(["a=2"]);
    });

    it("keeps a key that hangs on another lease by now", async () => {
      const first = value(await store.lease(60));
      const second = value(await store.lease(60));
      await write({ kind: "put", key: "a", value: bytes("1"), lease: first });
      await write({ kind: "put", key: "a", value: bytes("2"), lease: second });
      value(await first.revoke());
      expect(await texts("")).toEqual(["a=2"]);
      value(await second.revoke());
      expect(await texts("")).toEqual([]);
    });

    it("refuses a time that is no whole number of seconds", async () => {
      expect(await store.lease(0)).toMatchObject({ ok: false, error: { kind: "refused" } });
      expect(await store.lease(1.5)).toMatchObject({ ok: false, error: { kind: "refused" } });
    });
  });
}
