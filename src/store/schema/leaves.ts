/**
 * The small schemas that objects are made of. A schema's message is what was expected ("an integer
 * from 0 to 100"); a check marked `full` or
 * `reason` brings its own. decode/judge.ts makes the sentence.
 */
import { z } from "zod";
import { namePattern } from "../../model/names.ts";
import { durationMs, durationPattern } from "./duration.ts";

/** Parameters of a check whose message is a whole reason, and wants no "got …" behind it. */
export const full = { style: "full" } as const;

/** Parameters of a check whose message is a reason that "got …" completes. */
export const reason = { style: "reason" } as const;

/** Fields that are known, accepted, and without effect in this version. */
export const notYet = z.registry<{ readonly effect: "none" }>();

/** Objects whose fields narrow what they apply to: with a field left out they would match too much. */
export const narrowing = z.registry<{ readonly consequence: string }>();

/** Fields that an object means more without: a misspelt one is no mere warning. */
const confining = z.registry<{ readonly consequence: string }>();

/** `consequence`: what the object is about where the field is not there. */
export function confined<S extends z.ZodType>(schema: S, consequence: string): S {
  confining.add(schema, { consequence });
  return schema;
}

export const consequenceWithout = (schema: z.ZodType): string | undefined =>
  confining.get(schema)?.consequence;

/** A field of a later version: any value is accepted, with a warning. */
export function later(description: string) {
  const schema = z
    .unknown()
    .optional()
    .meta({ description: `${description}. Accepted; has no effect yet.` });
  notYet.add(schema, { effect: "none" });
  return schema;
}

export function integer(least: number, most: number) {
  const error = `an integer from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
}

/** A share: decimals are fine, 0 means none. */
export function share(most: number) {
  const error = `a number from 0 to ${most}`;
  return z.number({ error }).min(0, { error }).max(most, { error });
}

export const port = integer(1, 65_535);

const nameError =
  "a name of letters, digits, '-', '_' and '.', at most 253 characters, letter or digit at the ends";

export const name = z.string({ error: nameError }).regex(namePattern, { error: nameError });

/** Text without control characters, which Envoy rejects in headers and which spoil logs. */
export function text(most: number, least = 0) {
  const range = least === 0 ? `at most ${most}` : `${least} to ${most}`;
  const error = `a string of ${range} characters without control characters`;
  return z
    .string({ error })
    .min(least, { error })
    .max(most, { error })
    .regex(/^[^\p{Cc}]*$/u, { error });
}

/** A list of at most `most` elements, which `what` names. */
export function listOf<T extends z.ZodType>(element: T, most: number, what: string) {
  return z.array(element).max(most, { error: `at most ${most} ${what}` });
}

export const stringMap = z.record(text(253, 1), text(4_096));

const durationError = 'a duration such as "5s", "100ms" or "1h30m"';

export const duration = z
  .string({ error: durationError })
  .regex(durationPattern, { error: durationError, abort: true });

export const positiveDuration = duration.refine((value) => durationMs(value) > 0, {
  error: "a duration longer than 0",
});

/** A duration of `least` to `most`, both written as durations. */
export function durationWithin(least: string, most: string) {
  const error = `a duration from ${least} to ${most}`;
  const isWithin = (value: string) =>
    durationMs(value) >= durationMs(least) && durationMs(value) <= durationMs(most);
  return duration.refine(isWithin, { error });
}

const headerNameError = "a header name";

/** A field name of HTTP (RFC 9110, 5.1), in any case. */
export const headerName = z
  .string({ error: headerNameError })
  .max(256, { error: headerNameError })
  .regex(/^[-A-Za-z0-9!#$%&'*+.^_`|~]+$/, { error: headerNameError });

/**
 * Of the connection and of where a message ends (RFC 9110, 6.4 and 7.6.1): set by a configuration, they
 * break the message. Envoy refuses everything that comes with a change of host.
 */
const framing: ReadonlySet<string> = new Set([
  ...["host", "content-length", "transfer-encoding", "te", "trailer"],
  ...["connection", "keep-alive", "proxy-connection", "upgrade"],
]);

/** A header, of a request or an answer, that a configuration may set. */
export const settableHeader = headerName.refine((value) => !framing.has(value.toLowerCase()), {
  message:
    "host (which a URLRewrite changes) and headers of the connection and the message's length cannot be set",
  params: reason,
});

const hostnamePattern =
  /^(?:\*|(?:\*\.)?[a-z0-9_](?:[-a-z0-9_]*[a-z0-9_])?(?:\.[a-z0-9_](?:[-a-z0-9_]*[a-z0-9_])?)*)$/i;
const hostnameError = 'a hostname without a port, "*.suffix" or "*"';

/** Compared in lower case; a wildcard stands only in front. */
export const hostname = z
  .string({ error: hostnameError })
  .max(253, { error: hostnameError })
  .regex(hostnamePattern, { error: hostnameError });

/** One host: a wildcard is no name to ask for. */
export const preciseHostname = hostname.refine((value) => !value.includes("*"), {
  error: "a hostname without a wildcard",
});

/** Index of the first element whose key an earlier one has; -1 where all differ. */
export function firstDuplicate(keys: readonly string[]): number {
  const seen = new Set<string>();
  return keys.findIndex((key) => seen.size === seen.add(key).size);
}

/** Refuses the second of two elements with one key, at the field that has it. */
export function checkUnique(
  keys: readonly string[],
  field: string,
  message: string,
  context: z.RefinementCtx,
): void {
  const duplicate = firstDuplicate(keys);
  if (duplicate === -1) return;
  context.addIssue({ code: "custom", path: [duplicate, field], message, params: full });
}
