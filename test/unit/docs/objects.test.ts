import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Diagnostic } from "../../../src/lib/diagnostic.ts";
import { createDecoder } from "../../../src/store/decode/decoder.ts";
import { objectSchemas } from "../../../src/store/schema/object-schemas.ts";
import type { Entry } from "../../../src/store/store.ts";
import { builtInGateway } from "../../../src/translate/gateway/built-in-gateway.ts";
import { createTranslator } from "../../../src/translate/translate.ts";
import { projectFiles, projectFolder, readProjectFile } from "../../support/tracked.ts";

/** The objects that documents show: whoever copies one is not to meet a complaint. */
const entryOf = (key: string, text: string): Entry => ({
  key,
  value: Buffer.from(text),
  modRevision: 1n,
  createRevision: 1n,
});

/** What decode and translate say of these objects together. */
function complaints(entries: readonly Entry[]): readonly string[] {
  const state = { revision: 1n, entries: new Map(entries.map((one) => [one.key, one])) };
  const decoded = createDecoder().start(state);
  const defaultGateway = builtInGateway({ host: "127.0.0.1", port: 10000 });
  const { diagnostics } = createTranslator({ defaultGateway })(decoded.state);
  return [...decoded.diagnostics, ...diagnostics].map(
    ({ severity, code, key, path, message }: Diagnostic) =>
      `${severity} ${code} ${key} ${path}: ${message}`,
  );
}

const folders = readdirSync(join(projectFolder, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** Files below a folder of examples as entries: the path is the key. */
const entriesOf = (folder: string): readonly Entry[] =>
  projectFiles()
    .filter((file) => file.startsWith(`examples/${folder}/`))
    .map((file) => {
      const key = file.slice(`examples/${folder}/`.length).replace(/\.yaml$/, "");
      return entryOf(key, readProjectFile(file));
    });

describe("examples", () => {
  /** Where the warning is a part of what is shown. */
  const warned: Readonly<Record<string, readonly string[]>> = {
    fallback: [
      "warning SPLIT_NO_ENDPOINTS routes/web rules[0].backendRefs[0].subset: web/v2 has no usable endpoint; v1 stands in for it",
    ],
  };

  it.each(folders)("of %s are taken without an error or a warning", (folder) => {
    expect(entriesOf(folder).length).toBeGreaterThan(1);
    expect(complaints(entriesOf(folder))).toEqual(warned[folder] ?? []);
  });

  it("are all told of in their README", () => {
    const text = readProjectFile("examples/README.md");
    const silent = folders.filter((folder) => !text.includes(`](${folder}/`));
    expect(silent).toEqual([]);
  });
});

describe("samples in docs/etcd-schema.md", () => {
  const sections = readProjectFile("docs/etcd-schema.md").matchAll(
    /^`([^`]+)`, for example:\n\n```yaml\n([^`]*)```$/gm,
  );
  const samples = [...sections].map(([, key = "", value = ""]) => entryOf(key, value));

  it("are there for every kind", () => {
    const kinds = samples.map(({ key }) => key.split("/")[0]);
    expect(kinds).toEqual(Object.keys(objectSchemas()));
  });

  it("are taken, together, without an error or a warning", () => {
    const v2 = entryOf("endpoints/web/b", "address: 10.0.0.2:8080\nversion: v2\n");
    const gray = entryOf("endpoints/web/c", "address: 10.0.0.3:8080\nlabels: { lane: gray }\n");
    expect(complaints([...samples, v2, gray])).toEqual([]);
  });
});
