/** HTTP filters that do nothing until a route configures them: CORS and the local rate limit. */
import { regexText } from "../../lib/regex-text.ts";
import type { Cors, RateLimit } from "../../model/traffic.ts";
import type { AnyMessage } from "../../proto/messages.ts";
import { duration, wrapped } from "../../proto/values.ts";
import type { ForwardPlan } from "./plan.ts";

export const corsFilterName = "envoy.filters.http.cors";
export const rateLimitFilterName = "envoy.filters.http.local_ratelimit";

/** Envoy refills no bucket more often. */
const leastFillMs = 50;

export function perRouteFilters({ cors, rateLimit }: Pick<ForwardPlan, "cors" | "rateLimit">) {
  if (cors === undefined && rateLimit === undefined) return {};
  return {
    typed_per_filter_config: {
      ...(cors === undefined ? {} : { [corsFilterName]: corsPolicy(cors) }),
      ...(rateLimit === undefined ? {} : { [rateLimitFilterName]: localRateLimit(rateLimit) }),
    },
  };
}

const always = { default_value: { numerator: 100, denominator: "HUNDRED" } } as const;

function corsPolicy(cors: Cors): AnyMessage {
  return {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy",
    allow_origin_string_match: cors.allowOrigins.map(originMatcher),
    allow_methods: cors.allowMethods.join(","),
    allow_headers: cors.allowHeaders.join(","),
    expose_headers: cors.exposeHeaders.join(","),
    max_age: String(cors.maxAgeSeconds),
    allow_credentials: wrapped(cors.allowCredentials),
    forward_not_matching_preflights: wrapped(false),
  };
}

/** A star stands for any text: `https://*.example` for every host below. */
function originMatcher(origin: string) {
  if (!origin.includes("*")) return { exact: origin };
  const regex = origin.split("*").map(regexText).join(".*");
  return { safe_regex: { regex } };
}

function localRateLimit({ requests, perMs, burst }: RateLimit): AnyMessage {
  return {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
    stat_prefix: "serin",
    token_bucket: {
      max_tokens: burst,
      tokens_per_fill: wrapped(requests),
      fill_interval: duration(Math.max(leastFillMs, perMs)),
    },
    filter_enabled: always,
    filter_enforced: always,
  };
}
