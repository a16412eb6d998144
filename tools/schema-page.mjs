/** The page docs/etcd-schema.md as a text, for the tool that writes it and the test that compares. */
import { samples } from "./schema-samples.mjs";

const keys = {
  services: "services/<name>",
  endpoints: "endpoints/<service>/<id>",
  weights: "weights/<service>",
  routes: "routes/<name>",
  grpcroutes: "grpcroutes/<name>",
  tcproutes: "tcproutes/<name>",
  tlsroutes: "tlsroutes/<name>",
  gateways: "gateways/<name>",
  lanes: "lanes/<name>",
  rollouts: "rollouts/<service>",
  analysistemplates: "analysistemplates/<name>",
  secrets: "secrets/<name>",
  snapshots: "snapshots/<node id>",
  resources: "resources/<gateway or *>/<type>/<name>",
};

const introduction = `# Objects in etcd

Generated from \`src/store/schema\` by \`tools/docs-reference.mjs\`; do not edit.

Values are JSON or YAML, under the prefix \`/serin/\` unless \`--prefix\` says otherwise. The long form
(\`apiVersion: serin/v1\`, \`kind\`, \`metadata\`, \`spec\`) is taken too, and must agree with the key; so
are routes and gateways with \`apiVersion: gateway.networking.k8s.io/…\` and the TLS Secrets of
Kubernetes, as \`kubectl get -o yaml\` prints them. A value that breaks a rule is refused with a reason
and the key keeps its last good value. A field that is not known is a warning; but where its absence
would mean too much it is refused: at the top of a gateway, in its \`nodeSelector\`, in \`tls\` and
\`allowedRoutes\` of a listener ([ADR 0011](adr/0011-strict-gateways.md)), and everywhere in lanes,
secrets and snapshots; and where it is nearly the name of one that makes a guard or a release more careful.
Of secrets and snapshots no complaint repeats a word.

The samples fit together: put all of them, with an instance of \`v2\` under \`endpoints/web/b\` and one
with the label \`lane: gray\` under \`endpoints/web/c\`, and nothing is complained of.

## Formats

| of                 | form                                                                                                   |
| ------------------ | ------------------------------------------------------------------------------------------------------ |
| name               | letters, digits, \`-\`, \`_\` and \`.\`, a letter or digit at both ends, at most 253 characters              |
| duration           | numbers with \`h\`, \`m\`, \`s\` or \`ms\`, as a text: \`5s\`, \`100ms\`, \`1h30m\`                                  |
| address            | \`10.0.0.1:8080\` or \`"[2001:db8::1]:8080"\`: an IP address and a port, no host name                      |
| hostname           | \`web.example.com\`, \`*.example.com\` (one label or more before it) or \`*\`; without a port                |
| path               | begins with \`/\`, without a query; a PathPrefix goes by segments: \`/beta\` takes \`/beta/x\`, not \`/betas\` |
| regular expression | [RE2](https://github.com/google/re2/wiki/Syntax), over the whole path or header value                  |
| condition          | comparisons of \`result.…\` with numbers, joined by \`&&\`, \`\\|\\|\`, \`!(…)\` and parentheses                 |
| preset             | \`Canary10Percent5Minutes\`, \`Linear10PercentEvery1Minute\` with any numbers, or \`AllAtOnce\`              |

## Conditions

Of the proxies' load reports there are \`result.ratio5xx\`, \`result.requests\`, \`result.errors\` and
\`result.inProgress\`, and by its name what backends report with their answers (ORCA); of Prometheus and of a
web service one number, \`result\`. A ratio is known within bounds: a condition on it holds, or does not, only
where both bounds say so, with the \`confidence\` that is asked for.

## Which Host a service answers to

- A service exists as soon as one of \`services/web\`, \`weights/web\`, \`endpoints/web/…\` does. It answers
  to the Host \`web\`, in any case and with any port, on every listener whose \`hostname\` covers that name.
- A route with the hostname \`web\` takes its place on that Host, whole: what no rule matches is a 404.
- A route with other hostnames adds those; one without hostnames takes every Host that neither a
  service nor a more exact hostname has.
- A client of gRPC without a proxy dials \`xds:///web\` and gets the split; of routes only those count
  there whose \`parentRefs\` name the service \`web\`.
`;

/** A name such as "web" fits other patterns too. */
const isDuration = (pattern) => pattern.test("1h30m") && !pattern.test("web");

/** Type of a schema in few words, with its bounds. */
function typeOf(schema) {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(", ");
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(" or ");
  if (schema.type === "array") return `list of ${typeOf(schema.items)}`;
  if (schema.type === "object" && typeof schema.additionalProperties?.type === "string") {
    return `object of ${typeOf(schema.additionalProperties)}`;
  }
  if (schema.pattern !== undefined && isDuration(new RegExp(schema.pattern))) return "duration";
  const { minimum, maximum } = schema;
  const range = maximum === undefined ? "" : `, ${minimum ?? "…"} to ${maximum}`;
  return `${schema.type ?? "any"}${range}`;
}

/** Fields of a schema, or of that form of it which has fields. */
const fieldsOf = (schema) =>
  schema.properties ??
  schema.anyOf?.find((form) => form.properties !== undefined)?.properties ??
  {};

/** Lists whose fields are told of another object: what is said of them names it. */
const toldElsewhere = new Set([
  "rollouts guard[]",
  "rollouts strategy.canary.steps[].analysis.metrics[]",
  "rollouts strategy.canary.analysis.metrics[]",
]);

/** Cells of a table, a row for each field. */
function rowsOf(schema, path, kind) {
  const rows = [];
  for (const [field, inner] of Object.entries(fieldsOf(schema))) {
    const isList = inner.type === "array";
    const inside = `${path}${field}${isList ? "[]" : ""}`;
    const need = schema.required?.includes(field) ? "required" : "";
    const cells = [`\`${inside}\``, typeOf(inner), need, inner.description ?? ""];
    rows.push(cells.map((cell) => cell.replaceAll("|", "\\|")));
    if (toldElsewhere.has(`${kind} ${inside}`)) continue;
    rows.push(...rowsOf(isList ? inner.items : inner, `${inside}.`, kind));
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

function sampleOf(kind) {
  const { key, value } = samples[kind];
  return [`\`${key}\`, for example:\n`, `\`\`\`yaml\n${value}\`\`\`\n`].join("\n");
}

function sectionOf([kind, schema]) {
  const rows = rowsOf(schema, "", kind);
  const lines = rows.length === 0 ? [`The whole value: ${typeOf(schema)}.`] : table(rows);
  const head = [`\n## \`${keys[kind]}\`\n`, `${schema.description}\n`, sampleOf(kind)];
  return [...head, ...lines, ""].join("\n");
}

/** `schemas`: JSON Schemas by the first part of their keys, as `objectSchemas` gives them. */
export const schemaPage = (schemas) =>
  introduction + Object.entries(schemas).map(sectionOf).join("");
