import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileStore, openFileStore } from "../../../src/store/file.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { RecordingSink } from "../../support/recording-sink.ts";
import { freshFolder } from "../../support/tmp.ts";
import { bytes, put, remove, storeContract, value } from "./contract.ts";

describe("file store", () => {
  storeContract(
    async () => {
      const dir = freshFolder("files");
      const store = new FileStore(dir);
      return {
        store,
        dispose: async () => {
          await store.close();
          rmSync(dir, { recursive: true });
        },
      };
    },
    { runs: 10 },
  );
});

describe("file store's folder", () => {
  let dir: string;
  let store: FileStore;
  let sink: RecordingSink;
  const file = (name: string) => join(dir, name);
  const lastHealth = () => sink.healths.at(-1);

  beforeEach(() => {
    dir = freshFolder("files");
    sink = new RecordingSink();
  });
  afterEach(async () => {
    await store.close();
    expect(sink.breaches).toEqual([]);
    rmSync(dir, { recursive: true, force: true });
  });
  async function open(path = dir): Promise<void> {
    store = new FileStore(path);
    store.watch(sink);
    await sink.until("start", () => sink.started !== undefined);
  }

  it("strips .yaml, .yml and .json, nests, and leaves out the rest", async () => {
    mkdirSync(file("endpoints/web"), { recursive: true });
    mkdirSync(file(".git"));
    writeFileSync(file("endpoints/web/1.json"), "{}");
    writeFileSync(file("a.yml"), "a");
    writeFileSync(file("b.c.yaml"), "b");
    writeFileSync(file("README.md"), "no");
    writeFileSync(file("a.yml~"), "no");
    writeFileSync(file(".hidden.yaml"), "no");
    writeFileSync(file(".git/config.yaml"), "no");
    await open();
    expect(sink.values()).toEqual({ "endpoints/web/1": "{}", a: "a", "b.c": "b" });
  });

  it("sees edits in place, atomic renames, new folders and deletions", async () => {
    writeFileSync(file("a.yaml"), "1");
    await open();
    writeFileSync(file("a.yaml"), "2");
    await sink.until("the edit", () => sink.values()["a"] === "2");
    writeFileSync(file(".a.yaml.swp"), "3");
    renameSync(file(".a.yaml.swp"), file("a.yaml"));
    await sink.until("the rename", () => sink.values()["a"] === "3");
    mkdirSync(file("weights"));
    writeFileSync(file("weights/web.yaml"), "w");
    await sink.until("the new folder", () => sink.values()["weights/web"] === "w");
    writeFileSync(file("weights/web.yaml"), "x");
    await sink.until("an edit in it", () => sink.values()["weights/web"] === "x");
    rmSync(file("a.yaml"));
    await sink.until("the deletion", () => sink.values()["a"] === undefined);
  });

  it("takes the swap of a Kubernetes ConfigMap as one change", async () => {
    const generation = (name: string, text: string) => {
      mkdirSync(file(name));
      writeFileSync(file(`${name}/web.yaml`), text);
      writeFileSync(file(`${name}/api.yaml`), text);
    };
    generation("..1", "one");
    symlinkSync("..1", file("..data"));
    symlinkSync("..data/web.yaml", file("web.yaml"));
    symlinkSync("..data/api.yaml", file("api.yaml"));
    await open();
    expect(sink.values()).toEqual({ api: "one", web: "one" });
    generation("..2", "two");
    symlinkSync("..2", file("..data_tmp"));
    renameSync(file("..data_tmp"), file("..data"));
    await sink.until("the swap", () => sink.changes.length > 0);
    expect(sink.values()).toEqual({ api: "two", web: "two" });
    expect(sink.changes).toHaveLength(1);
  });

  it("follows a folder that is itself a swapped symlink, as git-sync makes it", async () => {
    for (const name of ["one", "two"]) {
      mkdirSync(file(name));
      writeFileSync(file(`${name}/web.yaml`), name);
    }
    symlinkSync("one", file("current"));
    await open(file("current"));
    symlinkSync("two", file("next"));
    renameSync(file("next"), file("current"));
    await sink.until("the swap", () => sink.values()["web"] === "two", 3_000);
    writeFileSync(file("two/web.yaml"), "three");
    await sink.until("an edit after it", () => sink.values()["web"] === "three", 3_000);
  });

  it("keeps the last good state while a key is in two files, and recovers", async () => {
    writeFileSync(file("web.yaml"), "1");
    await open();
    writeFileSync(file("web.json"), "2");
    await sink.until("the complaint", () => lastHealth()?.connected === false);
    expect(lastHealth()?.message).toMatch(/key web is in two files.*web\.json.*web\.yaml/);
    writeFileSync(file("api.yaml"), "3");
    expect(await store.get("web")).toMatchObject({ ok: false, error: { kind: "unavailable" } });
    expect(sink.values()).toEqual({ web: "1" });
    rmSync(file("web.json"));
    await sink.until("recovery", () => lastHealth()?.connected === true);
    expect(sink.values()).toEqual({ api: "3", web: "1" });
  });

  it("keeps the last good state while the folder is away", async () => {
    writeFileSync(file("web.yaml"), "1");
    await open();
    renameSync(dir, `${dir}.away`);
    await sink.until("the complaint", () => lastHealth()?.connected === false);
    expect(sink.values()).toEqual({ web: "1" });
    renameSync(`${dir}.away`, dir);
    await sink.until("recovery", () => lastHealth()?.connected === true);
    expect(sink.changes).toEqual([]);
  });

  it("does not start before the folder can be read whole", async () => {
    writeFileSync(file("web.yaml"), "1");
    writeFileSync(file("web.yml"), "1");
    store = new FileStore(dir);
    store.watch(sink);
    await sink.until("the complaint", () => lastHealth()?.connected === false);
    expect(sink.started).toBeUndefined();
    rmSync(file("web.yml"));
    await sink.until("start", () => sink.started !== undefined);
    expect(sink.values()).toEqual({ web: "1" });
  });

  it("reports a loop of symlinks", async () => {
    writeFileSync(file("web.yaml"), "1");
    await open();
    symlinkSync(".", file("loop"));
    await sink.until("the complaint", () => lastHealth()?.connected === false);
    expect(lastHealth()?.message).toContain("loop of symlinks");
  });

  it("writes over the file a key already has, and names new files by their content", async () => {
    writeFileSync(file("old.yml"), "1");
    await open();
    const writes = [put("old", "2"), put("weights/web", "v1: 1"), put("weights/api", ' {"v1":1}')];
    value(await store.transact({ compare: [], writes }));
    expect(readFileSync(file("old.yml"), "utf8")).toBe("2");
    expect(readdirSync(file("weights")).sort()).toEqual(["api.json", "web.yaml"]);
    expect(readdirSync(dir).sort()).toEqual(["old.yml", "weights"]);
  });

  it("does not write over an edit that it has not told yet", async () => {
    writeFileSync(file("web.yaml"), "1");
    await open();
    const known = value(await store.get("web"))?.modRevision ?? 0n;
    writeFileSync(file("web.yaml"), "edited by hand");
    const compare = [{ key: "web", modRevision: known }];
    const outcome = value(await store.transact({ compare, writes: [put("web", "2")] }));
    expect(outcome.committed).toBe(false);
    expect(readFileSync(file("web.yaml"), "utf8")).toBe("edited by hand");
  });

  it.each([
    ["../escape", "begins with a dot"],
    ["/absolute", "is empty"],
    ["a//b", "is empty"],
    ["a/.b", "begins with a dot"],
    ["a\\b", "backslash"],
  ])("refuses to write the key %s", async (key, reason) => {
    await open();
    const result = await store.transact({ compare: [], writes: [put("fine", "1"), put(key, "1")] });
    expect(result).toMatchObject({
      ok: false,
      error: { kind: "refused", message: expect.stringContaining(reason) },
    });
    expect(readdirSync(dir)).toEqual([]);
  });

  it("refuses to write through a symlink", async () => {
    mkdirSync(file("..data"));
    writeFileSync(file("..data/web.yaml"), "1");
    symlinkSync("..data/web.yaml", file("web.yaml"));
    await open();
    for (const write of [put("web", "2"), remove("web")]) {
      const result = await store.transact({ compare: [], writes: [write] });
      expect(result).toMatchObject({ ok: false, error: { kind: "refused" } });
    }
    expect(readFileSync(file("..data/web.yaml"), "utf8")).toBe("1");
  });

  it("refuses whole when a file cannot be written", async () => {
    writeFileSync(file("blocked"), "a file where a folder would have to be");
    await open();
    const writes = [put("a", "1"), put("blocked/b", "1")];
    const result = await store.transact({ compare: [], writes });
    expect(result).toMatchObject({ ok: false, error: { kind: "refused" } });
    expect(readdirSync(dir)).toEqual(["blocked"]);
    expect(sink.entries.size).toBe(0);
  });

  it("cuts a huge file just beyond the limit, so that decode can refuse it by its size", async () => {
    writeFileSync(file("huge.yaml"), "x".repeat(3_000_000));
    await open();
    expect(sink.entries.get("huge")?.value.byteLength).toBe(1_048_577);
  });

  it("fails to open what is no folder", async () => {
    await open();
    writeFileSync(file("plain"), "");
    for (const path of [file("plain"), file("missing")]) {
      expect(await openFileStore(path)).toMatchObject({ ok: false });
    }
  });

  it("keeps keys under a lease out of the folder, for this process alone", async () => {
    writeFileSync(file("web.yaml"), "1");
    await open();
    const lease = value(await store.lease(60));
    const leased = { kind: "put", key: "web", value: bytes("2"), lease } as const;
    value(await store.transact({ compare: [], writes: [leased] }));
    expect(readdirSync(dir)).toEqual([]);
    expect(sink.text("web")).toBe("2");
    const other = new FileStore(dir);
    expect(value(await other.get("web"))).toBeUndefined();
    await other.close();
    value(await store.transact({ compare: [], writes: [put("web", "3")] }));
    expect(readdirSync(dir)).toEqual(["web.yaml"]);
    value(await lease.revoke());
    expect(value(await store.get("web"))?.value).toEqual(bytes("3"));
  });

  it("takes keys away when their lease has run out", async () => {
    const clock = new FakeClock();
    store = new FileStore(dir, { clock });
    store.watch(sink);
    const lease = value(await store.lease(10));
    const leased = { kind: "put", key: "web", value: bytes("1"), lease } as const;
    value(await store.transact({ compare: [], writes: [leased] }));
    clock.advance(9_000);
    value(await lease.keepAlive());
    clock.advance(9_000);
    expect(value(await store.get("web"))).toBeDefined();
    clock.advance(1_000);
    await sink.until("the end of the lease", () => !sink.entries.has("web"));
    expect(await lease.keepAlive()).toMatchObject({ ok: false, error: { kind: "refused" } });
  });
});
