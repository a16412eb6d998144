/** A route object as rows that one can read: hosts, what must match, and where that goes. */
import type { ObjectJson } from "../../../api/objects.ts";

export interface RouteRow {
  readonly key: string;
  readonly kind: string;
  readonly hosts: readonly string[];
  readonly rules: readonly RuleRow[];
  readonly broken: string | null;
}

export interface RuleRow {
  /** Any of them; none: every request. */
  readonly matches: readonly string[];
  readonly backends: readonly { readonly name: string; readonly percent: number }[];
  /** Filters that answer or change: `RequestRedirect`. */
  readonly filters: readonly string[];
}

export const routePrefixes = ["routes/", "grpcroutes/", "tcproutes/", "tlsroutes/"] as const;

export function routeRow({ key, value, broken }: ObjectJson): RouteRow {
  const outer = record(value);
  // Upstream's YAML has it under `spec`.
  const spec = outer["spec"] === undefined ? outer : record(outer["spec"]);
  return {
    key,
    kind: kinds[key.split("/")[0] ?? ""] ?? "",
    hosts: list(spec["hostnames"]).map(String),
    rules: list(spec["rules"]).map((rule) => ruleRow(record(rule))),
    broken: broken ?? null,
  };
}

const kinds: Readonly<Record<string, string>> = {
  routes: "HTTP",
  grpcroutes: "gRPC",
  tcproutes: "TCP",
  tlsroutes: "TLS",
};

function ruleRow(rule: Fields): RuleRow {
  const refs = list(rule["backendRefs"]).map(record);
  const weights = refs.map(({ weight }) => (typeof weight === "number" ? weight : 1));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return {
    matches: list(rule["matches"]).map((match) => matchText(record(match))),
    backends: refs.map((ref, index) => ({
      name: backendName(ref),
      percent: sum === 0 ? 0 : ((weights[index] ?? 0) * 100) / sum,
    })),
    filters: list(rule["filters"]).map((filter) => String(record(filter)["type"] ?? "")),
  };
}

const backendName = ({ name, subset }: Fields): string =>
  subset === undefined ? String(name) : `${String(name)}/${String(subset)}`;

function matchText(match: Fields): string {
  const method = match["method"];
  const path = record(match["path"]);
  const parts = [
    ...(typeof method === "string" ? [method] : []),
    ...(typeof method === "object" && method !== null ? [grpcMethod(record(method))] : []),
    ...(path["value"] === undefined ? [] : [pathText(path)]),
    ...named(match["headers"], "header"),
    ...named(match["queryParams"], "query"),
    ...named(match["cookies"], "cookie"),
  ];
  return parts.length === 0 ? "*" : parts.join(" · ");
}

const grpcMethod = ({ service, method }: Fields): string =>
  `${service === undefined ? "*" : String(service)}/${method === undefined ? "*" : String(method)}`;

function pathText({ type, value }: Fields): string {
  if (type === "Exact") return `= ${String(value)}`;
  return type === "RegularExpression" ? `~ ${String(value)}` : `${String(value)}*`;
}

const named = (conditions: unknown, what: string): readonly string[] =>
  list(conditions).map((each) => {
    const { name, value, type } = record(each);
    return `${what} ${String(name)} ${type === "RegularExpression" ? "~" : "="} ${String(value)}`;
  });

type Fields = Readonly<Record<string, unknown>>;

const record = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {};

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
