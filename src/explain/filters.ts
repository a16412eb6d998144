/** What the filters do that routes configure, CORS and the local rate limit: one line each. */
import type { AnyMessage, CorsPolicy, LocalRateLimit } from "../proto/messages.ts";
import { durationText } from "./attempts.ts";
import { textMatcherText } from "./text-match.ts";

const extensions = "type.googleapis.com/envoy.extensions.filters.http" as const;
const corsUrl = `${extensions}.cors.v3.CorsPolicy` as const;
const rateLimitUrl = `${extensions}.local_ratelimit.v3.LocalRateLimit` as const;

/** `levels` from the inside out: of one filter, the innermost settings count. */
export function filterLines(
  levels: readonly { readonly [filter: string]: AnyMessage }[],
): readonly string[] {
  const settings: Record<string, AnyMessage> = Object.assign({}, ...levels.toReversed());
  return Object.values(settings).flatMap((config) => {
    if (!("@type" in config)) return [];
    if (config["@type"] === corsUrl) return [corsText(config as CorsPolicy)];
    return config["@type"] === rateLimitUrl ? rateLimitLines(config as LocalRateLimit) : [];
  });
}

/** `CORS for origins that are "https://shop.example", with GET, POST and credentials`. */
function corsText(policy: CorsPolicy): string {
  const { allow_origin_string_match: origins = [], allow_methods: methods = "" } = policy;
  const { allow_headers: headers = "", allow_credentials: credentials } = policy;
  const allowed = [
    ...(methods === "" ? [] : [`methods ${methods}`]),
    ...(headers === "" ? [] : [`headers ${headers}`]),
    ...(credentials?.value === true ? ["credentials"] : []),
  ];
  const from = origins.map(textMatcherText).join(" or ");
  return `CORS: the origin ${from}; allowed: ${allowed.join("; ")}`;
}

function rateLimitLines({ token_bucket: bucket, status }: LocalRateLimit): readonly string[] {
  if (bucket === undefined) return [];
  const { max_tokens: burst = 0, tokens_per_fill: fill, fill_interval: interval = {} } = bucket;
  const refused = status?.code === undefined ? "429" : status.code;
  const rate = `${fill?.value ?? 1} requests each ${durationText(interval)}`;
  return [`let ${rate} pass in each proxy, at most ${burst} at once; others get ${refused}`];
}
