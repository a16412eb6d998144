import { describe, expect, it } from "vitest";
import { ResourceTable } from "../../../src/snapshot/resource-table.ts";
import type { TypeUrl } from "../../../src/snapshot/type-url.ts";
import { rebase } from "../../../src/xds/rebase.ts";
import { type Variant, withType } from "../../../src/xds/stream-state.ts";
import { CDS, Driver, EDS, LDS, resource } from "./driver.ts";

interface Spec {
  readonly [name: string]: string;
}

function fill(
  table: ResourceTable,
  type: TypeUrl,
  spec: Spec,
  hidden: readonly string[] = [],
): void {
  const puts = Object.entries(spec).map(([name, text]) =>
    resource(type, name, text, { wildcard: !hidden.includes(name) }),
  );
  table.write({ puts, deletes: [] });
}

/** Moves a type to another table with `spec`. */
function move(stream: Driver, type: TypeUrl, spec: Spec, hidden: readonly string[] = []): void {
  const to = new ResourceTable(type, 1_000);
  fill(to, type, spec, hidden);
  const state = stream.type(type);
  if (state) stream.state = withType(stream.state, type, rebase(state, stream.table(type), to));
  stream.tables.set(type, to);
}

function at(variant: Variant, type: TypeUrl, spec: Spec, names: readonly string[] = []): Driver {
  const stream = new Driver(variant, 4);
  fill(stream.table(type), type, spec);
  stream.settle(type, names);
  return stream;
}

describe("moving between views", () => {
  it("sends nothing when they are equal", () => {
    for (const variant of ["sotw", "delta"] as const) {
      const stream = at(variant, CDS, { a: "1", b: "1" });
      move(stream, CDS, { b: "1", a: "1" });
      expect(stream.lines()).toEqual([]);
      expect(stream.applied(CDS)).toBe(true);
    }
  });

  it("sends what differs", () => {
    const stream = at("delta", CDS, { a: "1", b: "1", gone: "1" });
    move(stream, CDS, { a: "1", b: "2", c: "1" });
    expect(stream.applied(CDS)).toBe(false);
    expect(stream.lines()).toEqual(["CDS b=2 c=1 -gone"]);
  });

  it("looks at the content, where the version is the user's", () => {
    const stream = new Driver("delta", 4);
    stream.put(CDS, "a", "1", { version: "v7" });
    stream.settle(CDS);
    const to = new ResourceTable(CDS, 1_000);
    to.write({ puts: [resource(CDS, "a", "2", { version: "v7" })], deletes: [] });
    const state = stream.type(CDS);
    if (state) stream.state = withType(stream.state, CDS, rebase(state, stream.table(CDS), to));
    stream.tables.set(CDS, to);
    expect(stream.lines()).toEqual(["CDS a=2"]);
  });

  it("sends a complete set in the state of the world, and what differs of a partial one", () => {
    const full = at("sotw", CDS, { a: "1", gone: "1" });
    move(full, CDS, { a: "1" });
    expect(full.lines()).toEqual(["CDS a=1"]);
    const partial = at("sotw", EDS, { a: "1", b: "1" }, ["a", "b"]);
    move(partial, EDS, { a: "1", b: "2" });
    expect(partial.lines()).toEqual(["EDS b=2"]);
  });

  it("knows who sees what: by name only in the other view is gone for a wildcard", () => {
    const stream = at("delta", LDS, { a: "1" });
    move(stream, LDS, { a: "1", api: "1" }, ["a", "api"]);
    expect(stream.lines()).toEqual(["LDS -a"]);
  });

  it("takes along what was not sent yet", () => {
    const stream = at("delta", CDS, { a: "1", b: "1" });
    stream.put(CDS, "a", "2");
    stream.remove(CDS, "b");
    move(stream, CDS, { a: "2" });
    expect(stream.lines()).toEqual(["CDS a=2 -b"]);
  });

  it("frees what was rejected together with what is gone", () => {
    const stream = new Driver("sotw");
    fill(stream.table(EDS), EDS, { good: "1", bad: "1" });
    stream.ask(EDS, { names: ["good", "bad"] });
    stream.answer(stream.one(), ["good", "bad"], "bad");
    move(stream, EDS, { good: "1" });
    expect(stream.lines()).toEqual(["EDS good=1"]);
  });

  it("starts afresh when what was sent is too long ago", () => {
    const delta = at("delta", CDS, { a: "1" });
    const sotw = at("sotw", CDS, { a: "1" });
    for (const stream of [delta, sotw]) {
      for (let i = 0; i < 9; i += 1) stream.put(CDS, "x", `${i}`);
      move(stream, CDS, { a: "1" });
    }
    expect(() => delta.pump()).toThrow("restart");
    expect(sotw.lines()).toEqual(["CDS a=1"]);
  });

  it("says again what is on its way, though nobody asks for it at the moment", () => {
    const stream = new Driver("delta");
    fill(stream.table(CDS), CDS, { a: "1" });
    stream.ask(CDS);
    const sent = stream.one();
    stream.ask(CDS, { unsubscribe: ["*"] });
    move(stream, CDS, {});
    stream.ask(CDS, { names: ["*"] });
    stream.answer(sent);
    expect(stream.lines()).toEqual(["CDS -a"]);
  });

  it("leaves alone a type to which nothing was sent", () => {
    const stream = new Driver("delta");
    stream.ask(CDS);
    move(stream, CDS, { a: "1" });
    expect(stream.lines()).toEqual(["CDS a=1"]);
  });
});
