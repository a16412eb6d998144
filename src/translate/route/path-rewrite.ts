/**
 * How the path of a request, or of a redirect's location, changes.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httppathmodifier
 */
import { regexText } from "../../lib/regex-text.ts";
import type { PathMatch, PathRewrite } from "../../model/route.ts";
import { trimmedPrefix } from "./match.ts";

interface RegexRewrite {
  readonly pattern: { readonly regex: string };
  readonly substitution: string;
}

export type EnvoyPathRewrite =
  | { readonly prefix_rewrite: string }
  | { readonly regex_rewrite: RegexRewrite }
  | Record<never, never>;

/** `match`: the path match of the route, whose prefix is replaced. */
export function pathRewrite(rewrite: PathRewrite | undefined, match: PathMatch): EnvoyPathRewrite {
  if (rewrite === undefined) return {};
  if (rewrite.kind === "full") return whole(rewrite.value);
  return prefixRewrite(trimmedPrefix(match.value), trimmedPrefix(rewrite.value));
}

export const whole = (path: string) => regexRewrite("^/.*$", path);

/** Both without a slash at the end, so that `/` is empty and no slash is lost or doubled. */
function prefixRewrite(from: string, to: string): EnvoyPathRewrite {
  if (from === to) return {};
  if (from === "") return { prefix_rewrite: `${to}/` };
  return to === "" ? regexRewrite(`^${regexText(from)}/*`, "/") : { prefix_rewrite: to };
}

const regexRewrite = (regex: string, path: string): { readonly regex_rewrite: RegexRewrite } => ({
  regex_rewrite: { pattern: { regex }, substitution: path.replaceAll("\\", "\\\\") },
});
