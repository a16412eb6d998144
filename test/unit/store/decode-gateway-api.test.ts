import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { decodeOne } from "./decode-entries.ts";

const folder = fileURLToPath(new URL("gateway-api/", import.meta.url));

interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: { readonly rules: readonly unknown[] };
}

/** A first line `# warns: a, b` names the fields that serin cannot carry out. */
function expectedWarnings(text: string): readonly string[] {
  const [, fields] = /^# warns: (.*)\n/.exec(text) ?? [];
  return fields?.split(", ") ?? [];
}

describe("objects as Kubernetes writes them", () => {
  it.each(readdirSync(folder))("%s is taken whole", (file) => {
    const text = readFileSync(folder + file, "utf8");
    const { kind, metadata, spec } = parse(text) as Document;
    const keys = kind === "HTTPRoute" ? "routes" : `${kind.toLowerCase()}s`;
    const key = `${keys}/${metadata.name}`;
    const { state, diagnostics } = decodeOne(key, text);
    const said = diagnostics.map(({ severity, path }) => `${severity} ${path}`);
    const warned = expectedWarnings(text).map((path) => `warning spec.${path}`);
    expect(said.toSorted()).toEqual(warned.toSorted());
    const route = state.routes.get(key);
    if (route === undefined) {
      expect(state.streamRoutes.get(key)?.backendRefs.length).toBeGreaterThan(0);
    } else {
      expect(route.rules).toHaveLength(spec.rules.length);
    }
    expect(state.routes.size + state.streamRoutes.size).toBe(1);
  });

  it("cover every filter", () => {
    const all = readdirSync(folder).map((file) => readFileSync(folder + file, "utf8"));
    const types = all.flatMap((text) =>
      [...text.matchAll(/- type: (\w+)/g)].map(([, type]) => type),
    );
    expect([...new Set(types)].toSorted()).toEqual([
      "CORS",
      "ExtensionRef",
      "ExternalAuth",
      "RequestHeaderModifier",
      "RequestMirror",
      "RequestRedirect",
      "ResponseHeaderModifier",
      "URLRewrite",
    ]);
  });
});
