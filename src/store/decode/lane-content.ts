/** A checked lane → the model, with the defaults filled in. */
import { baggagePattern } from "../../lib/baggage.ts";
import type { Lane, LaneEntry } from "../../model/lane.ts";
import type { ServiceName } from "../../model/names.ts";
import type { NamedMatch } from "../../model/route.ts";
import type { LaneConditionValue, LaneEntryValue, LaneValue } from "../schema/lane.ts";
import { regexProblem } from "../schema/regex.ts";
import type { Content, KeyOf } from "./content.ts";
import { type Path, type Problem, problem } from "./problem.ts";
import { sortedMap } from "./sorted-map.ts";
import { named, toHashSplit } from "./traffic-content.ts";

const defaultHeader = "x-lane";
/** Label of the instances, where a lane names none. */
const laneLabel = "lane";

/** What tells that a request is in the lane. */
function markOf(
  { header: written, value, baggage }: LaneValue,
  { lane }: KeyOf<"lanes">,
): Pick<Lane, "header" | "value" | "baggage"> {
  const header = (written ?? defaultHeader).toLowerCase();
  return { header, value: value ?? lane, baggage: named(baggage, header) };
}

/**
 * Envoy would reject all routes for a member of the baggage that makes too large an expression. The
 * key of the object, which is part of it by default, is not seen by the schema.
 */
export function laneProblems(lane: LaneValue, key: KeyOf<"lanes">, at: Path): readonly Problem[] {
  const { value, baggage } = markOf(lane, key);
  if (baggage === undefined || regexProblem(baggagePattern(baggage, value)) === undefined)
    return [];
  return [problem("VALUE_INVALID", [...at, "baggage"], tooLongMember)];
}

const tooLongMember =
  "too long for Envoy to find the member in the baggage: name and value together may have about 60 " +
  "letters, digits, '-', '_' and '.', and each other character counts for seven; give a short value, " +
  "or a short name in place of true";

export function toLane(value: LaneValue, key: KeyOf<"lanes">, origin: string): Content {
  const services = value.services ?? value.destinations;
  const lane: Lane = {
    name: key.lane,
    ...markOf(value, key),
    labels: sortedMap(value.labels ?? { [laneLabel]: key.lane }),
    services: services === undefined ? undefined : ([...new Set(services)] as ServiceName[]),
    mode: value.mode ?? "permissive",
    entries: (value.entries ?? []).map(toEntry),
    origin,
  };
  return { kind: "lane", lane };
}

function toEntry(entry: LaneEntryValue): LaneEntry {
  const gateways = entry.gateway === undefined ? entry.gateways : [entry.gateway];
  const { hashSplit } = entry;
  return {
    gateways: gateways === undefined ? undefined : [...new Set(gateways)],
    trustClient: entry.trustClient ?? entry.allowClientHeader ?? false,
    matches: (entry.matches ?? []).map(({ headers, cookies, queryParams }) => ({
      headers: (headers ?? []).map((one) => toMatch(one, one.name.toLowerCase())),
      cookies: (cookies ?? []).map((one) => toMatch(one, one.name)),
      queryParams: (queryParams ?? []).map((one) => toMatch(one, one.name)),
    })),
    share: Math.round((entry.percent ?? 100) * 100),
    hashSplit: hashSplit === undefined ? undefined : toHashSplit(hashSplit),
  };
}

const toMatch = ({ type, value }: LaneConditionValue, name: string): NamedMatch => ({
  name,
  kind: type === "RegularExpression" ? "regex" : "exact",
  value,
});
