import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeWith } from "../../../src/proto/decode.ts";
import { encodeMessage, encodeWith } from "../../../src/proto/encode.ts";
import { fromJson, toJson } from "../../../src/proto/json.ts";
import { officialRoot } from "../../../src/proto/official.ts";
import { ourRoot } from "../../../src/proto/root.ts";
import { cluster, listener, routes } from "./examples.ts";

const ours = ourRoot();
const official = officialRoot();

interface Row {
  readonly name: string;
  readonly type: string;
  readonly json: unknown;
  /** What comes back, where it is not `json` itself. */
  readonly back?: unknown;
}

interface Refusal {
  readonly name: string;
  readonly type: string;
  readonly json: unknown;
  readonly path: string;
  readonly message: string;
}

function table<T>(file: string): readonly T[] {
  return JSON.parse(readFileSync(new URL(`./json/${file}`, import.meta.url), "utf8")) as T[];
}

describe("fromJson and toJson", () => {
  it.each(table<Row>("mapping.json"))("map $name", ({ type, json, back }) => {
    const result = fromJson(official, type, json);
    expect(result).toMatchObject({ ok: true });
    if (!result.ok) return;
    expect(toJson(official, type, result.value)).toEqual(back === undefined ? json : back);
    const again = fromJson(official, type, toJson(official, type, result.value));
    expect(again).toEqual(result);
  });

  it.each(table<Refusal>("refused.json"))("refuse $name", ({ type, json, path, message }) => {
    const result = fromJson(official, type, json);
    expect(result).toEqual({
      ok: false,
      error: { path, message: expect.stringContaining(message) },
    });
  });

  it("refuses nesting that would not be parsed by a proxy either", () => {
    let value: unknown = 1;
    for (let level = 0; level < 200; level += 1) value = { a: value };
    const result = fromJson(official, "google.protobuf.Struct", value);
    expect(result).toMatchObject({ ok: false, error: { message: "nested deeper than 100" } });
  });

  it("takes numbers that JSON has no word for", () => {
    for (const word of ["NaN", "Infinity", "-Infinity"]) {
      const result = fromJson(official, "envoy.type.v3.Percent", { value: word });
      expect(result.ok && toJson(official, "envoy.type.v3.Percent", result.value)).toEqual({
        value: word,
      });
    }
  });
});

describe("our definitions and the official ones", () => {
  const examples: readonly (readonly [string, object])[] = [
    ["envoy.config.listener.v3.Listener", listener],
    ["envoy.config.cluster.v3.Cluster", cluster],
    ["envoy.config.route.v3.RouteConfiguration", routes],
  ];

  it.each(examples)("give the same bytes for %s", (name, message) => {
    const bytes = encodeMessage(name, message);
    expect(encodeWith(official, name, message)).toEqual(bytes);
    const json = toJson(official, name, bytes);
    expect(json).toEqual(toJson(ours, name, bytes));
    expect(fromJson(official, name, json)).toEqual({ ok: true, value: bytes });
    expect(fromJson(ours, name, json)).toEqual({ ok: true, value: bytes });
    expect(decodeWith(official, name, bytes)).toEqual(decodeWith(ours, name, bytes));
  });

  it.each(examples)("give the same bytes for %s in camel case", (name, message) => {
    const bytes = encodeMessage(name, message);
    const json = camelCased(toJson(ours, name, bytes));
    expect(JSON.stringify(json)).not.toContain('"connect_timeout"');
    expect(fromJson(official, name, json)).toEqual({ ok: true, value: bytes });
  });

  it("let raw resources use what is newer than the package", () => {
    const json = {
      virtual_hosts: [
        {
          name: "a",
          domains: ["*"],
          routes: [
            {
              match: {
                prefix: "/",
                cookies: [{ name: "canary", stringMatch: { exact: "always" } }],
              },
              route: {
                weightedClusters: { useHashPolicy: true, clusters: [{ name: "b", weight: 1 }] },
              },
            },
          ],
        },
      ],
    };
    const name = "envoy.config.route.v3.RouteConfiguration";
    const result = fromJson(official, name, json);
    expect(result).toEqual(fromJson(ours, name, json));
    expect(result.ok && JSON.stringify(toJson(official, name, result.value))).toContain(
      '"use_hash_policy":true',
    );
  });
});

/** Renames field names, but neither the keys of maps and Structs nor type URLs. */
function camelCased(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(camelCased);
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => {
      const camel = key.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
      const isFree = ["filter_metadata", "json_format"].includes(key);
      if (key === "typed_per_filter_config" || key === "typed_extension_protocol_options") {
        const entries = Object.entries(value as object).map(([k, v]) => [k, camelCased(v)]);
        return [camel, Object.fromEntries(entries)];
      }
      return [camel, isFree ? value : camelCased(value)];
    }),
  );
}
