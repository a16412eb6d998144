/**
 * Writes the references from the code that they tell of, so that the two cannot differ; a test compares.
 *
 *   npm run docs:reference    builds, and writes them all
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openApiDocument } from "../dist/api/openapi.js";
import { commandTree } from "../dist/cli/cli.js";
import { createMetrics } from "../dist/observe/metrics.js";
import { objectSchemas } from "../dist/store/schema/object-schemas.js";
import { apiPage } from "./api-page.mjs";
import { cliPage } from "./cli-page.mjs";
import { metricsPage } from "./metrics-page.mjs";
import { schemaPage } from "./schema-page.mjs";

const file = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const { registry } = createMetrics();

const pages = {
  "docs/etcd-schema.md": () => schemaPage(objectSchemas()),
  "docs/metrics.md": (text) => metricsPage(text, registry),
  "docs/reference/api.md": () => apiPage(openApiDocument("")),
  "docs/reference/cli.md": () => cliPage(commandTree()),
};

for (const [path, page] of Object.entries(pages)) {
  writeFileSync(
    file(path),
    await page(path === "docs/metrics.md" ? readFileSync(file(path), "utf8") : ""),
  );
}
