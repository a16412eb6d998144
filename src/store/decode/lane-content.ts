/** A checked lane → the model, with the defaults filled in. */
import type { Lane, LaneEntry } from "../../model/lane.ts";
import type { ServiceName } from "../../model/names.ts";
import type { NamedMatch } from "../../model/route.ts";
import type { LaneConditionValue, LaneEntryValue, LaneValue } from "../schema/lane.ts";
import type { Content, KeyOf } from "./content.ts";
import { sortedMap } from "./sorted-map.ts";
import { named, toHashSplit } from "./traffic-content.ts";

const defaultHeader = "x-lane";
/** Label of the instances, where a lane names none. */
const laneLabel = "lane";

export function toLane(value: LaneValue, key: KeyOf<"lanes">, origin: string): Content {
  const header = (value.header ?? defaultHeader).toLowerCase();
  const { baggage } = value;
  const services = value.services ?? value.destinations;
  const lane: Lane = {
    name: key.lane,
    header,
    value: value.value ?? key.lane,
    baggage: named(baggage, header),
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
