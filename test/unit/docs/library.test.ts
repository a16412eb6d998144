import { describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import * as library from "../../../src/index.ts";
import { readProjectFile } from "../../support/tracked.ts";

/** What the guide of the library says, held against the library. */
const guide = readProjectFile("docs/library.md");

const section = (heading: string): string =>
  guide.split(/^## /m).find((text) => text.startsWith(heading)) ?? "";

const inBackticks = (text: string): readonly string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);

/** A snippet of the table, as the fields of a message. */
const fields = (snippet: string): object => new Function(`return ({ ${snippet} })`)() as object;

describe("the guide of the library", () => {
  it("writes values as makers and fromJson take them, to the same bytes", () => {
    const rows = [...section("Content").matchAll(/^\| ([^|]+?) *\|([^|]+)\|([^|]+)\|$/gm)];
    const examples = rows.flatMap(([, value = "", maker = "", json = ""]) => {
      const [typed = ""] = inBackticks(maker);
      const [written = typed] = inBackticks(json);
      return /^\w+: /.test(typed) ? [{ value, typed, written }] : [];
    });
    expect(examples.map(({ value }) => value)).toEqual([
      ...["name of a field", "enum", "Duration", "UInt32Value etc.", "Struct"],
    ]);
    for (const { value, typed, written } of examples) {
      const made = library.resource.cluster({ name: "c", ...fields(typed) });
      const read = library.resource.fromJson(library.typeUrls.cluster, {
        name: "c",
        ...fields(written),
      });
      expect(read, value).toMatchObject({ ok: true, value: { any: made.any } });
    }
  });

  it("names makers, and all of them", () => {
    const text = section("Content");
    for (const name of Object.keys(library.resource)) expect(text).toContain(name);
    expect(Object.keys(library.resource)).toEqual([
      ...Object.keys(library.typeUrls),
      "fromJson",
      "fromBytes",
    ]);
  });

  it("names every bound of an address, and no other", async () => {
    const [, list = ""] = section("Bounds").split("`listen(address, { bounds })`");
    const [ofListen = "", ofCache = ""] = list.split("`new SnapshotCache({ limits })`");
    const server = new library.XdsServer(new library.SnapshotCache());
    const asked = server.listen({ host: "127.0.0.1", port: 0 }, { bounds: { none: 1 } as object });
    const unknown = await asked.catch(String);
    server.close();
    const known = /but (.+)$/.exec(String(unknown))?.[1]?.split(", ") ?? [];
    expect([...inBackticks(ofListen)].sort()).toEqual([...known].sort());
    for (const name of known) expect(limits.xds).toHaveProperty(name);
    expect(inBackticks(ofCache)).toEqual(
      expect.arrayContaining(["groupsInUse", "idleGroups", "changeLogEntries", "revisions"]),
    );
  });
});
