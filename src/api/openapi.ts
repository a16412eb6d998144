/**
 * The OpenAPI document, made of the operations. https://spec.openapis.org/oas/v3.1.1
 */
import type { z } from "zod";
import { type JsonSchema, SchemaSheet } from "./json-schema.ts";
import type { Answer, Form, Operation } from "./operation.ts";
import { type ProblemCode, problemMediaType, problemSchema, problems } from "./problem.ts";
import { problemsOf } from "./problems-of.ts";
import { toldOperations } from "./told-operations.ts";

/** `version` of serin. */
export function openApiDocument(version: string): JsonSchema {
  const sheet = new SchemaSheet();
  sheet.add(problemSchema);
  for (const each of toldOperations) for (const schema of schemasOf(each)) sheet.add(schema);
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const each of toldOperations) {
    paths[each.path] = { ...paths[each.path], [each.method.toLowerCase()]: told(each, sheet) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "serin's admin API",
      version,
      description,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: [...new Set(toldOperations.map(({ group }) => group))].map((name) => ({ name })),
    paths,
    components: { schemas: sheet.named(), securitySchemes: { bearer } },
  };
}

const description =
  "Reads what an Envoy xDS management server does, and writes objects to its store. Errors are problem " +
  "details (RFC 9457) whose `type` is a stable word. `x-serin-role` says who may: a viewer reads, an " +
  "operator moves traffic, an admin writes any object. On loopback without a file of tokens nobody is " +
  "asked for one.";

const bearer = { type: "http", scheme: "bearer" };

const partsOf = ({ params, query, headers }: Operation) =>
  [
    ["path", params],
    ["query", query === "any" ? undefined : query],
    ["header", headers],
  ] as const;

const formsIn = ({ json, forms = [] }: Answer): readonly Form[] =>
  json === undefined ? forms : [{ type: "application/json", schema: json }, ...forms];

const bodyForms = ({ body }: Operation): readonly Form[] => {
  if (body === undefined) return [];
  return body.kind === "json" ? [{ type: "application/json", schema: body.schema }] : body.forms;
};

function schemasOf(operation: Operation): readonly z.ZodType[] {
  const answers = Object.values(operation.answers);
  return [
    ...partsOf(operation).flatMap(([, part]) => (part === undefined ? [] : [part])),
    ...bodyForms(operation).map(({ schema }) => schema),
    ...answers.flatMap((answer) => formsIn(answer).map(({ schema }) => schema)),
    ...answers.flatMap(({ headers = {} }) => Object.values(headers).map(({ schema }) => schema)),
  ];
}

function told(operation: Operation, sheet: SchemaSheet): JsonSchema {
  const { id, group, summary, role } = operation;
  const forms = bodyForms(operation);
  return {
    operationId: id,
    tags: [group],
    summary,
    ...(operation.description !== undefined && { description: operation.description }),
    "x-serin-role": role,
    security: role === "anyone" ? [] : [{ bearer: [] }],
    parameters: partsOf(operation).flatMap(([place, part]) =>
      part === undefined ? [] : parameters(place, sheet.of(part)),
    ),
    ...(forms.length > 0 && {
      requestBody: { required: true, content: contentOf(forms, sheet, operation.body?.example) },
    }),
    responses: { ...answersOf(operation, sheet), ...problemsByStatus(operation) },
  };
}

/** Of a header that OpenAPI has other places for nothing is said. */
const ownPlace: ReadonlySet<string> = new Set(["accept", "content-type", "authorization"]);

function parameters(place: "path" | "query" | "header", part: JsonSchema): readonly JsonSchema[] {
  const { properties = {}, required = [] } = part as {
    readonly properties?: Readonly<Record<string, JsonSchema>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).flatMap(([name, schema]) => {
    if (place === "header" && ownPlace.has(name)) return [];
    const { description: says, ...bare } = schema;
    return [
      {
        name,
        in: place,
        ...(says !== undefined && { description: says }),
        required: required.includes(name),
        schema: bare,
      },
    ];
  });
}

const contentOf = (forms: readonly Form[], sheet: SchemaSheet, example?: unknown): JsonSchema =>
  Object.fromEntries(
    forms.map(({ type, schema }) => [
      type,
      { schema: sheet.of(schema), ...(example !== undefined && { example }) },
    ]),
  );

const answersOf = ({ answers }: Operation, sheet: SchemaSheet): JsonSchema =>
  Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => {
      const forms = formsIn(answer);
      const headers = Object.entries(answer.headers ?? {}).map(([name, { schema, ...says }]) => [
        name,
        { ...says, schema: sheet.of(schema) },
      ]);
      return [
        status,
        {
          description: answer.description,
          ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
          ...(forms.length > 0 && { content: contentOf(forms, sheet) }),
        },
      ];
    }),
  );

function problemsByStatus(operation: Operation): JsonSchema {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of problemsOf(operation)) {
    for (const status of problems[code].statuses) {
      byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
    }
  }
  return Object.fromEntries([...byStatus].map(([status, codes]) => [status, problemOf(codes)]));
}

const problemOf = (codes: readonly ProblemCode[]): JsonSchema => ({
  description: codes.map((code) => `${code}: ${problems[code].description}`).join(". "),
  content: {
    [problemMediaType]: {
      schema: {
        allOf: [
          { $ref: "#/components/schemas/Problem" },
          { properties: { type: { enum: codes.map((code) => `urn:serin:problem:${code}`) } } },
        ],
      },
    },
  },
});
