/**
 * What makes a release the one it is: which subsets, which steps, which analyses. It stands in the status of
 * releases under way, so the same content must give the same hash in every version of serin; a test holds
 * some of them fast. Metrics of templates are no part of it: who edits a template that many releases name
 * begins none of them anew, and frees none that was aborted.
 */
import type { Condition } from "../../lib/condition/condition.ts";
import { contentHash } from "../../lib/hash.ts";

export const specHash = (released: object): string => contentHash(canonicalJson(released));

/** JSON with sorted fields. One that is undefined is not there; a condition is its text, without blanks. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (isCondition(value)) return JSON.stringify(withoutBlanks(value.text));
  const fields = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([field, inner]) => `${JSON.stringify(field)}:${canonicalJson(inner)}`);
  return `{${fields.join(",")}}`;
}

const isCondition = (value: object): value is Condition => "text" in value && "root" in value;

/** Blanks mean something between quotes alone. */
const withoutBlanks = (text: string): string =>
  text.replace(/("[^"]*"|'[^']*')|\s+/g, (_, quoted: string | undefined) => quoted ?? "");
