import { describe, expect, it } from "vitest";
import { objectsIn } from "../../../src/cli/documents.ts";

const read = (text: string, pathKey?: string, keyFrom: "path" | "document" = "document") => {
  const found = objectsIn(Buffer.from(text), pathKey, keyFrom);
  if (!found.ok) return found.error;
  return found.value.map(({ key, value, revision }) => {
    const shown = `${key} = ${Buffer.from(value).toString().trim()}`;
    return revision === undefined ? shown : `${shown} @${revision}`;
  });
};

describe("documents", () => {
  it("take their key from kind and name, from a key, from a map of keys, or from the path", () => {
    expect(read("kind: HTTPRoute\nmetadata: { name: web }\nspec: {}\n")).toEqual([
      "routes/web = kind: HTTPRoute\nmetadata: { name: web }\nspec: {}",
    ]);
    expect(read("key: weights/web\nrevision: 7\nvalue: { v1: 1 }\n")).toEqual([
      'weights/web = {"v1":1} @7',
    ]);
    expect(read('weights/web: { v1: 1 }\nendpoints/web/a: { address: "1.2.3.4:5" }\n')).toEqual([
      'weights/web = {"v1":1}',
      'endpoints/web/a = {"address":"1.2.3.4:5"}',
    ]);
    expect(read("# why\nv1: 1\n", "weights/web")).toEqual(["weights/web = # why\nv1: 1"]);
  });

  it("may be several, and lists", () => {
    const text =
      '# first\n---\nkey: weights/a\nvalue: { v1: 1 }\n--- {"weights/b":{"v1":2}}\n...\n---\n\n# end\n';
    expect(read(text)).toEqual(['weights/a = {"v1":1}', 'weights/b = {"v1":2}']);
    expect(read('[{"key":"weights/a","value":{"v1":1}},{"weights/b":{"v1":2}}]')).toEqual([
      'weights/a = {"v1":1}',
      'weights/b = {"v1":2}',
    ]);
    const item = { kind: "Gateway", metadata: { name: "edge" }, spec: {} };
    expect(read(JSON.stringify({ kind: "List", items: [item] }))).toEqual([
      `gateways/edge = ${JSON.stringify(item)}`,
    ]);
  });

  it("are told by their line where one is wrong or has no key", () => {
    expect(read("weights/a: { v1: 1 }\n---\n{ a: [\n")).toContain("document at line 2: ");
    expect(read("weights/a: { v1: 1 }\n---\nv1: 1\n", "weights/b")).toContain(
      "document at line 2: no key follows",
    );
    expect(read("v1: 1\n")).toContain("no key follows from this path");
    expect(read("kind: A\n---\n---\n- 7\n")).toContain("document at line 1: ");
    // Of an instance the name says no service.
    expect(read("kind: Endpoint\nmetadata: { name: a }\nspec: {}\n")).toContain("no key follows");
    expect(read("")).toEqual([]);
  });

  it("are values as they are where the path counts, as in a store of files", () => {
    const route = "kind: HTTPRoute\nmetadata: { name: web }\n";
    expect(read(route, "weights/web", "path")).toEqual([`weights/web = ${route.trim()}`]);
    expect(read("{", "weights/web", "path")).toEqual(["weights/web = {"]);
    expect(read(route, "weights/web")).toEqual([`routes/web = ${route.trim()}`]);
    expect(read("a/b: 1", "status/guards/web")).toEqual(["status/guards/web = a/b: 1"]);
  });

  it("are never torn apart by marks inside of texts", () => {
    expect(read("weights/a: |\n  ---\n  x\n")).toEqual(['weights/a = "---\\nx\\n"']);
    const subsets = "key: 50\nvalue: 50\n";
    expect(read(subsets, "weights/web")).toEqual([`weights/web = ${subsets.trim()}`]);
  });
});
