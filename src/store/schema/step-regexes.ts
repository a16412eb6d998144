/** Regular expressions that the routes of a release become, as proxies get them. */
import { regexText } from "../../lib/regex-text.ts";
import type { MirrorMatchValue, StepValue, TextMatchValue } from "./rollout-step.ts";
import type { Regex } from "./route-regexes.ts";

/** The pattern of a text that begins so. */
export const prefixPattern = (prefix: string): string => `${regexText(prefix)}.*`;

/** The pattern of a whole path with its query, if the path alone has the first one. */
export const withQuery = (pattern: string): string => `(?:${pattern})(?:\\?.*)?`;

/** The pattern of `value`, where it is not compared as it is. */
export const patternOf = ({ exact, regex, prefix }: TextMatchValue): string =>
  regex ?? (prefix === undefined ? regexText(exact ?? "") : prefixPattern(prefix));

export function stepRegexes(steps: readonly StepValue[]): readonly Regex[] {
  return steps.flatMap(({ setHeaderRoute, setMirrorRoute }, index) => {
    const at = ["strategy", "canary", "steps", index];
    return [
      ...(setHeaderRoute?.match ?? []).flatMap(({ headerValue }, n) =>
        matchRegexes(headerValue, [...at, "setHeaderRoute", "match", n, "headerValue"]),
      ),
      ...(setMirrorRoute?.match ?? []).flatMap((match, n) =>
        mirrorRegexes(match, [...at, "setMirrorRoute", "match", n]),
      ),
    ];
  });
}

function mirrorRegexes(
  { method, path, headers = {} }: MirrorMatchValue,
  at: readonly PropertyKey[],
): readonly Regex[] {
  return [
    ...(method === undefined ? [] : matchRegexes(method, [...at, "method"])),
    ...(path === undefined ? [] : pathRegexes(path, [...at, "path"])),
    ...Object.entries(headers).flatMap(([header, value]) =>
      matchRegexes(value, [...at, "headers", header]),
    ),
  ];
}

/** What proxies get is one expression, of an exact path as well. */
function pathRegexes(path: TextMatchValue, at: readonly PropertyKey[]): readonly Regex[] {
  const value = withQuery(patternOf(path));
  if (path.exact !== undefined) return [{ at: [...at, "exact"], value }];
  return [...matchRegexes(path, at), { at, value, parts: 1 }];
}

function matchRegexes(
  { regex, prefix }: TextMatchValue,
  at: readonly PropertyKey[],
): readonly Regex[] {
  return [
    ...(regex === undefined ? [] : [{ at: [...at, "regex"], value: regex }]),
    ...(prefix === undefined ? [] : [{ at: [...at, "prefix"], value: prefixPattern(prefix) }]),
  ];
}
