import { describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import { objectSchemas } from "../../../src/store/schema/object-schemas.ts";
import { complaints, decodeOne } from "./decode-entries.ts";

const key = "resources/*/clusters/a";

/** The plain JSON that decode sees in a text. */
function seen(text: string): unknown {
  const body = decodeOne(key, text).state.rawResources.get(key)?.body;
  return body?.kind === "json" ? body.json : undefined;
}

describe("the text of a value", () => {
  it.each([
    ['{"a":[1,"x",null,true]}', { a: [1, "x", null, true] }],
    ['\ufeff{"a":1}', { a: 1 }],
    ["{a: 1, b: [x]}", { a: 1, b: ["x"] }],
    ["# comment\na: 1.50\nb: yes\nc: 0x10\nd: ~\n", { a: 1.5, b: "yes", c: 16, d: null }],
    ["a: &x {b: 1}\nc: *x\n", { a: { b: 1 }, c: { b: 1 } }],
    ["1.10: a\ntrue: b\n2020-01-01: c\n", { "1.10": "a", true: "b", "2020-01-01": "c" }],
    ["a: !!str 1.10\n", { a: "1.10" }],
    ["---\na: 1\n...\n", { a: 1 }],
    ['{"a\\"}":"{[\\\\","b":{"a\\"}":2}}', { 'a"}': "{[\\", b: { 'a"}': 2 } }],
  ])("%j is read", (text, value) => {
    expect(complaints(key, text)).toEqual([]);
    expect(seen(text)).toEqual(value);
  });

  const syntax = (reason: string) => `error VALUE_SYNTAX : ${reason}`;
  const invalid = (reason: string) => `error VALUE_INVALID : ${reason}`;
  const yaml = (reason: string) => syntax(`neither JSON nor YAML: ${reason}`);
  const depth = limits.decode.depth;
  it.each([
    ["", syntax("the value is empty")],
    [" \n\t", syntax("the value is empty")],
    [new Uint8Array([0x7b, 0xff, 0x7d]), syntax("the value is not UTF-8 text")],
    ['{"a":1,"a":2}', invalid('the field "a" is given twice')],
    ['{"a":1,"\\u0061":2}', invalid('the field "a" is given twice')],
    ['{"b":[{"a":1},{"a":1}],"a":{"b":0,"b":0}}', invalid('the field "b" is given twice')],
    ["a: 1\na: 2\n", invalid('the field "a" is given twice')],
    ['{"__proto__":{"a":1}}', invalid("a field must not be called __proto__")],
    ['{"\\u005f_proto__":1}', invalid("a field must not be called __proto__")],
    ["a: {__proto__: 1}", invalid("a field must not be called __proto__")],
    ['{"a":"\\ud800"}', invalid("a string holds half of a surrogate pair")],
    ['a: "\\ud800"', invalid("a string holds half of a surrogate pair")],
    ["[".repeat(depth + 1) + "]".repeat(depth + 1), invalid(`nested deeper than ${depth} levels`)],
    [`a: ${"[".repeat(depth)}${"]".repeat(depth)}`, invalid(`nested deeper than ${depth} levels`)],
    [`a: ${"[".repeat(20_000)}`, invalid(`nested deeper than ${depth} levels`)],
    ["{a: &a [*a]}", invalid(`nested deeper than ${depth} levels`)],
    [
      "a: &a x\nb: &b [*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]\n",
      invalid("more than 100 aliases"),
    ],
    [
      `a: &a [${"1,".repeat(25_000)}]\nb: [${"*a,".repeat(20)}]\n`,
      invalid(`more than ${limits.decode.nodes} values in one object`),
    ],
    ["? [a]\n: b\n", invalid("a field's name must be plain text")],
    ["a: 1\n---\na: 2\n", yaml("it holds more than one document (line 2, column 1)")],
    [
      "a: !secret x",
      yaml("a tag is not known; only the tags of JSON types are (line 1, column 4)"),
    ],
    ["a: *b", invalid("an alias has no anchor")],
    [
      'a: "hunter2',
      yaml("a character is missing, such as a closing quote or bracket (line 1, column 12)"),
    ],
    [
      `a: ${"x".repeat(limits.decode.yamlBytes)}`,
      yaml("not JSON, and more than the 65536 bytes that may be YAML"),
    ],
    [
      new Uint8Array(limits.store.valueBytes + 1),
      "error VALUE_TOO_LARGE : 1048577 bytes; a value may have at most 1048576",
    ],
  ])("is refused: case %#", (text, complaint) => {
    expect(complaints(key, text)).toEqual([complaint]);
  });

  it("keeps no more diagnostics of a key than the limit, errors first", () => {
    const fields = Array.from({ length: 100 }, (_, index) => [`field${index}`, 1]);
    const found = complaints("services/web", { ...Object.fromEntries(fields), subsets: 1 });
    expect(found).toHaveLength(limits.decode.diagnosticsPerKey);
    expect(found[0]).toBe("error VALUE_INVALID subsets: expected a list, got 1");
  });
});

describe("objectSchemas", () => {
  it("describes every kind of object as JSON Schema", () => {
    const schemas = objectSchemas();
    expect(Object.keys(schemas)).toEqual([
      "services",
      "endpoints",
      "weights",
      "routes",
      "grpcroutes",
      "tcproutes",
      "tlsroutes",
      "gateways",
      "lanes",
      "rollouts",
      "analysistemplates",
      "secrets",
      "snapshots",
      "resources",
    ]);
    expect(schemas["endpoints"]).toMatchObject({
      type: "object",
      required: ["address"],
      properties: { weight: { type: "integer", minimum: 0, maximum: 1_000_000 } },
    });
    expect(JSON.stringify(schemas["services"])).toContain("Accepted; has no effect yet.");
  });
});
