/**
 * Writes docs/etcd-schema.md from the schemas that decode uses, so that the two cannot differ.
 *
 *   npm run build && node tools/docs-schema.mjs    writes the file
 *   node tools/docs-schema.mjs --check             exits with 1 where the file is out of date
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { objectSchemas } from "../dist/store/schema/object-schemas.js";

const target = fileURLToPath(new URL("../docs/etcd-schema.md", import.meta.url));

const keys = {
  services: "services/<name>",
  endpoints: "endpoints/<service>/<id>",
  weights: "weights/<service>",
  routes: "routes/<name>",
  gateways: "gateways/<name>",
  resources: "resources/<gateway or *>/<type>/<name>",
};

const introduction = `# Objects in etcd

Generated from \`src/store/schema\` by \`tools/docs-schema.mjs\`; do not edit.

Values are JSON or YAML, under the prefix \`/serin/\` unless \`--prefix\` says otherwise. The long form
(\`apiVersion: serin/v1\`, \`kind\`, \`metadata\`, \`spec\`) is taken too, and must agree with the key.
A value that breaks a rule is refused with a reason and the key keeps its last good value; a field
that is not known is a warning.
`;

/** Type of a schema in few words, with its bounds. */
function typeOf(schema) {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(", ");
  if (schema.type === "array") return `list of ${typeOf(schema.items)}`;
  if (schema.type === "object" && typeof schema.additionalProperties?.type === "string") {
    return `object of ${typeOf(schema.additionalProperties)}`;
  }
  const { minimum, maximum } = schema;
  const range = maximum === undefined ? "" : `, ${minimum ?? "…"} to ${maximum}`;
  return `${schema.type ?? "any"}${range}`;
}

function rowsOf(schema, path) {
  const rows = [];
  for (const [field, inner] of Object.entries(schema.properties ?? {})) {
    const isList = inner.type === "array";
    const inside = `${path}${field}${isList ? "[]" : ""}`;
    const need = schema.required?.includes(field) ? "required" : "";
    const cells = [`\`${inside}\``, typeOf(inner), need, inner.description ?? ""];
    rows.push(`| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`);
    rows.push(...rowsOf(isList ? inner.items : inner, `${inside}.`));
  }
  return rows;
}

function sectionOf([kind, schema]) {
  const rows = rowsOf(schema, "");
  const table =
    rows.length === 0
      ? [`The whole value: ${typeOf(schema)}.`]
      : ["| field | type | | |", "| --- | --- | --- | --- |", ...rows];
  return [`\n## \`${keys[kind]}\`\n`, `${schema.description}\n`, ...table, ""].join("\n");
}

const text = introduction + Object.entries(objectSchemas()).map(sectionOf).join("");
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    console.error("docs/etcd-schema.md is out of date: node tools/docs-schema.mjs");
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
}
