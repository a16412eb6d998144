/**
 * `lanes/<name>`: full-chain gray release. Strict all through: a lane without a misspelt condition
 * would take in requests that nobody meant.
 */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { full, headerName, listOf, name, stringMap, text } from "./leaves.ts";
import { checkRegexes, regexesOf } from "./route-regexes.ts";
import { hashSplitSchema } from "./route-traffic.ts";

const { laneConditions, laneEntries, laneMatches, laneNames } = limits.decode;

const matchType = z.enum(["Exact", "RegularExpression"]).optional().describe("Exact.");
const conditionValue = text(4_096, 1);

const conditionOf = (conditionName: z.ZodType<string>) =>
  z.strictObject({ type: matchType, name: conditionName, value: conditionValue });

const conditions = (conditionName: z.ZodType<string>, what: string) =>
  listOf(conditionOf(conditionName), laneConditions, what).optional();

const match = z
  .strictObject({
    headers: conditions(headerName, "headers"),
    cookies: conditions(headerName, "cookies"),
    queryParams: conditions(text(256, 1), "query parameters"),
  })
  .superRefine(({ headers = [], cookies = [], queryParams = [] }, context) => {
    if (headers.length + cookies.length + queryParams.length > 0) return;
    const message = "expected a condition: for every request, leave out matches";
    context.addIssue({ code: "custom", message, params: full });
  });

const percentError = "a percentage from 0 to 100 with at most two decimals";
const percent = z
  .number({ error: percentError })
  .refine((value) => value >= 0 && value <= 100 && isHundredth(value), { error: percentError });

/** Two decimals are not exact in binary, so the nearest share must be the number itself. */
const isHundredth = (value: number): boolean => Math.round(value * 100) / 100 === value;

const names = (what: string) =>
  listOf(name, laneNames, what).min(1, { error: `at least one of the ${what}` });

type Issue = readonly [field: string, message: string];

/** Refuses both of two names for one field. */
function bothGiven(value: object, field: string, other: string): readonly Issue[] {
  const has = (each: string) => Reflect.get(value, each) !== undefined;
  return has(field) && has(other) ? [[other, `says the same as ${field}: give one of them`]] : [];
}

const entry = z
  .strictObject({
    gateway: name.optional(),
    gateways: names("gateways").optional().describe("Default: all gateways."),
    trustClient: z
      .boolean()
      .optional()
      .describe("Whether clients may ask for the lane themselves; default false."),
    allowClientHeader: z.boolean().optional().describe("The same as trustClient."),
    matches: listOf(match, laneMatches, "matches")
      .optional()
      .describe("Any may match; default: every request."),
    percent: percent.optional().describe("Of the matching requests; default 100."),
    hashSplit: hashSplitSchema.optional().describe("Whom the share takes; default: by chance."),
  })
  .superRefine((value, context) => {
    const issues = [
      ...bothGiven(value, "gateway", "gateways"),
      ...bothGiven(value, "trustClient", "allowClientHeader"),
    ];
    for (const [field, message] of issues) {
      context.addIssue({ code: "custom", path: [field], message, params: full });
    }
  });

type EntryValue = z.infer<typeof entry>;

const entryRegexes = (list: readonly EntryValue[]) =>
  list.flatMap(({ matches = [] }, n) =>
    matches.flatMap((each, m) =>
      (["headers", "cookies", "queryParams"] as const).flatMap((field) =>
        regexesOf(each[field], [n, "matches", m, field]),
      ),
    ),
  );

const entryList = listOf(entry, laneEntries, "entries").superRefine((list, context) =>
  checkRegexes(entryRegexes(list), context, "lane"),
);

/** Of the connection, or read by Envoy for something else. */
const taken: ReadonlySet<string> = new Set([
  ...["host", "connection", "content-length", "transfer-encoding", "te", "upgrade"],
  ...["keep-alive", "proxy-connection", "trailer", "expect"],
  ...["cookie", "baggage", "traceparent", "tracestate", "x-request-id"],
]);

const laneHeader = headerName.refine((value) => !taken.has(value.toLowerCase()), {
  error: "a header of its own, which nothing else uses",
});

const valueError =
  "1 to 128 visible ASCII characters without quotes, ',', ';', '\\' and '%', as baggage has them";

const laneValue = z
  .string({ error: valueError })
  .regex(/^[!#$&'()*+\-./0-9:<=>?@A-Z[\]^_`a-z{|}~]{1,128}$/, { error: valueError });

const labels = stringMap.refine((map) => Object.keys(map).length > 0, {
  error: "at least one label",
});

const laneFields = z.strictObject({
  header: laneHeader.optional().describe('Default "x-lane".'),
  value: laneValue.optional().describe("Of the header; default: the lane's name."),
  baggage: z
    .union([z.boolean(), headerName], { error: "true, false, or the key of a baggage member" })
    .optional()
    .describe("Member of the W3C baggage that counts too; true: called like the header."),
  labels: labels
    .optional()
    .describe("Which instances are in the lane; default: the label lane is its name."),
  services: names("services")
    .optional()
    .describe("Those that may have instances in the lane; default: all."),
  destinations: names("services").optional().describe("The same as services."),
  mode: z
    .enum(["permissive", "strict"])
    .optional()
    .describe("Without usable instances the baseline answers (default), or 503 does."),
  entries: entryList
    .optional()
    .describe("Where requests come into the lane; none: only those that carry the header."),
});

export const laneSchema = laneFields
  .superRefine((value, context) => {
    for (const [field, message] of bothGiven(value, "services", "destinations")) {
      context.addIssue({ code: "custom", path: [field], message, params: full });
    }
  })
  .describe("Full-chain gray release.");

export type LaneValue = z.infer<typeof laneSchema>;
export type LaneEntryValue = EntryValue;
export type LaneConditionValue = z.infer<ReturnType<typeof conditionOf>>;
