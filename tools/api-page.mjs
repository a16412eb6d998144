/** The page docs/reference/api.md as a text, made of the OpenAPI document. */
import { table } from "./page-table.mjs";

const introduction = `<!-- Made by npm run docs:reference. -->

# The admin API

Everything under \`/v1\` of the admin port (\`--admin-listen\`), which also serves the page. A running server has this as an OpenAPI 3.1
document at \`/v1/openapi.json\`, made of the schemas that it checks requests by
([ADR 0040](../adr/0040-one-contract-for-the-admin-api.md)).

- Who may is told of each operation: a viewer reads, an operator moves traffic, an admin writes any object
  ([security](../security.md)). Tokens are sent as \`Authorization: Bearer …\`.
- What is wrong is answered as problem details (RFC 9457): \`type\` is \`urn:serin:problem:\` and one of the words below, \`detail\` is for
  people, \`field\` names the parameter. A parameter that is not known is refused.
- Lists come in pages: \`limit\`, \`after\`, and a \`Link\` header with \`rel="next"\`.
- A later version may answer more members than are told here.
`;

const kindOf = (path) => /^\/v1\/objects\/([a-z]+)\//.exec(path)?.[1];

/** Type of a schema in few words. */
function typeOf(schema) {
  const { $ref, anyOf, oneOf, enum: values, const: value, type, items } = schema;
  if ($ref !== undefined)
    return `[${$ref.split("/").at(-1)}](#${$ref.split("/").at(-1).toLowerCase()})`;
  const forms = anyOf ?? oneOf;
  if (forms !== undefined) return [...new Set(forms.map(typeOf))].join(" or ");
  if (value !== undefined) return `\`${JSON.stringify(value)}\``;
  if (values !== undefined) return values.map((each) => `\`${each}\``).join(", ");
  if (type === "array") return `list of ${typeOf(items ?? {})}`;
  if (type === "object" && schema.properties === undefined) {
    return `object of ${typeOf(schema.additionalProperties ?? {})}`;
  }
  return type ?? "any";
}

const cell = (text) =>
  String(text ?? "")
    .replaceAll("|", "\\|")
    .replaceAll("\n", " ");

function fieldRows(schema, at = "") {
  const forms = schema.anyOf ?? schema.oneOf;
  if (schema.properties === undefined && forms !== undefined) {
    return forms.flatMap((form) => fieldRows(form, at));
  }
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const need = schema.required?.includes(name) ? "" : "may be absent";
    const row = [`\`${at}${name}\``, typeOf(inner), need, inner.description].map(cell);
    const inside = inner.type === "array" ? inner.items : inner;
    const mark = inner.type === "array" ? "[]." : ".";
    return [row, ...(inside.$ref === undefined ? fieldRows(inside, `${at}${name}${mark}`) : [])];
  });
}

function operationText(method, path, operation) {
  const { summary, description, parameters = [], requestBody, responses } = operation;
  const role = operation["x-serin-role"];
  const lines = [`### ${method.toUpperCase()} ${path}`, "", `${summary}.`];
  if (description !== undefined) lines.push("", description);
  lines.push("", role === "anyone" ? "Anyone may." : `Role: ${role}.`);
  if (parameters.length > 0) {
    const rows = parameters.map(({ name, in: place, required, schema, description: says }) =>
      [`\`${name}\``, place, typeOf(schema), required ? "required" : "", says].map(cell),
    );
    lines.push("", ...table([["parameter", "in", "type", "", ""], ...rows]));
  }
  if (requestBody !== undefined) {
    lines.push("", `The body: ${Object.keys(requestBody.content).join(" or ")}.`);
  }
  const answers = Object.entries(responses).map(([status, { description: says, content = {} }]) => {
    const forms = Object.entries(content).filter(([type]) => type !== "application/problem+json");
    const types = forms.map(([type, { schema }]) =>
      type === "application/json" ? typeOf(schema) : type,
    );
    return [status, types.join(" or "), says].map(cell);
  });
  lines.push("", ...table([["status", "answer", ""], ...answers]), "");
  return lines;
}

/** Objects are alike in all but their keys and values: one kind stands for all. */
const isTold = (path) => [undefined, "weights"].includes(kindOf(path));

function tagText(name, paths) {
  const lines = [`## ${name}`, ""];
  if (name === "objects") {
    const all = Object.keys(paths).filter((path) => kindOf(path) !== undefined);
    lines.push(
      "Each kind of object has its paths; what a value may be is in",
      "[etcd-schema.md](../etcd-schema.md).",
      "",
    );
    lines.push(...all.map((path) => `- \`${path}\``), "");
  }
  const told = Object.entries(paths).filter(([path]) => isTold(path));
  const operations = told.flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
  const own = operations.filter(({ operation }) => operation.tags[0] === name);
  return [
    ...lines,
    ...own.flatMap(({ method, path, operation }) => operationText(method, path, operation)),
  ];
}

function schemaText([name, schema]) {
  const lines = [`### ${name}`, ""];
  if (schema.description !== undefined) lines.push(`${schema.description}.`, "");
  const rows = fieldRows(schema);
  if (rows.length > 0) lines.push(...table([["field", "type", "", ""], ...rows]), "");
  else if (typeOf(schema) !== "any") lines.push(`${typeOf(schema)}.`, "");
  return lines;
}

export function apiPage({ tags, paths, components }) {
  const schemas = Object.entries(components.schemas).filter(
    ([name]) => !name.startsWith("objects."),
  );
  const lines = [
    introduction,
    ...tags.flatMap(({ name }) => tagText(name, paths)),
    ...["## What is answered", ""],
    ...schemas.flatMap(schemaText),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}
