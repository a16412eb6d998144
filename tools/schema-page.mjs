/** The page docs/etcd-schema.md as a text, for the tool that writes it and the test that compares. */
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

/** Cells of a table, a row for each field. */
function rowsOf(schema, path) {
  const rows = [];
  for (const [field, inner] of Object.entries(schema.properties ?? {})) {
    const isList = inner.type === "array";
    const inside = `${path}${field}${isList ? "[]" : ""}`;
    const need = schema.required?.includes(field) ? "required" : "";
    const cells = [`\`${inside}\``, typeOf(inner), need, inner.description ?? ""];
    rows.push(cells.map((cell) => cell.replaceAll("|", "\\|")));
    rows.push(...rowsOf(isList ? inner.items : inner, `${inside}.`));
  }
  return rows;
}

/** In columns, as Biome wants it. */
function table(rows) {
  const all = [["field", "type", "", ""], [], ...rows];
  const widths = [0, 1, 2, 3].map((i) => Math.max(3, ...all.map((row) => row[i]?.length ?? 0)));
  return all.map((row) => {
    const cells = widths.map((width, i) => row[i]?.padEnd(width) ?? "-".repeat(width));
    return `| ${cells.join(" | ")} |`;
  });
}

function sectionOf([kind, schema]) {
  const rows = rowsOf(schema, "");
  const lines = rows.length === 0 ? [`The whole value: ${typeOf(schema)}.`] : table(rows);
  return [`\n## \`${keys[kind]}\`\n`, `${schema.description}\n`, ...lines, ""].join("\n");
}

/** `schemas`: JSON Schemas by the first part of their keys, as `objectSchemas` gives them. */
export const schemaPage = (schemas) =>
  introduction + Object.entries(schemas).map(sectionOf).join("");
