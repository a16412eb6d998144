/**
 * Writes docs/etcd-schema.md from the schemas that decode uses, so that the two cannot differ.
 *
 *   npm run build && node tools/docs-schema.mjs    writes the file
 *   node tools/docs-schema.mjs --check             exits with 1 where the file is out of date
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { objectSchemas } from "../dist/store/schema/object-schemas.js";
import { schemaPage } from "./schema-page.mjs";

const target = fileURLToPath(new URL("../docs/etcd-schema.md", import.meta.url));

const text = schemaPage(objectSchemas());
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    console.error("docs/etcd-schema.md is out of date: node tools/docs-schema.mjs");
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
}
