/** Errors as problem details. https://www.rfc-editor.org/rfc/rfc9457 */
import { z } from "zod";
import { diagnosticCodes } from "../lib/diagnostic.ts";
import { type Json, revision } from "./json.ts";

/** Statuses of each, and when it is answered. The words are stable, for scripts. */
export const problems = {
  "not-found": { statuses: [404], description: "There is no such thing" },
  "method-not-allowed": {
    statuses: [405],
    description: "The path has no such method; `allow` has those that it has",
  },
  "bad-request": {
    statuses: [400],
    description:
      "A parameter, a header or the body is not what the operation takes; `field` names it",
  },
  "body-too-large": { statuses: [413], description: "The body has more bytes than may be" },
  "invalid-object": {
    statuses: [422],
    description: "The object is not valid; `diagnostics` say where",
  },
  "reserved-key": { statuses: [403], description: "A key that serin itself writes" },
  "unknown-service": {
    statuses: [422],
    description: "Nothing in the store is of the service; `force` writes all the same",
  },
  unauthenticated: { statuses: [401], description: "No bearer token, or one that nobody has" },
  forbidden: {
    statuses: [403],
    description: "The token's role may not; `needed` is the one it takes",
  },
  "cross-site": { statuses: [403], description: "A page of another site asks" },
  "wrong-host": { statuses: [403], description: "The Host header does not name loopback" },
  conflict: { statuses: [409], description: "What is there does not allow it; `detail` says why" },
  "precondition-failed": {
    statuses: [412],
    description: "It was changed since what `If-Match`, `If-None-Match` or `expected` tells",
  },
  "store-denied": { statuses: [403, 422], description: "The store does not allow it" },
  "store-unavailable": { statuses: [503], description: "The store is away; nothing was written" },
  "write-ambiguous": {
    statuses: [504],
    description: "The store did not answer: it may have been written",
  },
  "too-many-waits": { statuses: [429], description: "As many requests wait as may" },
  "too-many-streams": { statuses: [429], description: "As many streams are open as may" },
  "too-many-plans": { statuses: [429], description: "As many plans wait for their turn as may" },
  "no-such-revision": {
    statuses: [404, 410],
    description: "The store has not come so far, or keeps that revision no longer",
  },
  "not-applied": { statuses: [504], description: "Not every proxy has accepted it in time" },
  rejected: { statuses: [409], description: "Proxies rejected it" },
  "too-large": { statuses: [422], description: "The answer would be too large: ask for a part" },
  "client-gone": { statuses: [499], description: "The client went away" },
  internal: { statuses: [500], description: "A bug of serin; its log says more" },
} as const satisfies Readonly<
  Record<string, { readonly statuses: readonly number[]; readonly description: string }>
>;

/** Each becomes `urn:serin:problem:<code>`. */
export type ProblemCode = keyof typeof problems;

const codes = Object.keys(problems).map((code) => `urn:serin:problem:${code}` as const);

export const problemMediaType = "application/problem+json";

export const diagnosticSchema = z
  .object({
    severity: z.enum(["error", "warning"]),
    code: z.enum(diagnosticCodes).describe("Stable, for scripts"),
    key: z.string().describe("Key in the store: `weights/web`"),
    revision: revision.describe("Of the value that was judged; 0 where it is about no single one"),
    path: z.string().describe("Inside the value: `rules[0].matches`; empty for the whole of it"),
    message: z.string().describe("What is wrong, and what was expected; never a secret"),
  })
  .meta({ id: "Diagnostic", description: "What serin could not take, or took with a doubt" });

export type DiagnosticJson = Json<typeof diagnosticSchema>;

export const problemSchema = z
  .looseObject({
    type: z.enum(codes as [`urn:serin:problem:${string}`, ...typeof codes]),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe("What is wrong, and what to do; for people"),
    field: z.string().exactOptional().describe("The parameter, header or field that is wrong"),
    diagnostics: z.array(diagnosticSchema).exactOptional(),
  })
  .meta({ id: "Problem", description: "Why it was not done (RFC 9457)" });

/** Codes that an operation of some kind may answer besides its own. */
export const commonProblems = {
  all: ["wrong-host", "cross-site", "client-gone", "internal"],
  known: ["unauthenticated"],
  asking: ["bad-request"],
  writing: ["forbidden"],
  sending: ["body-too-large"],
} as const satisfies Readonly<Record<string, readonly ProblemCode[]>>;
