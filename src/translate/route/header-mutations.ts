/** Header modifiers of the Gateway API as Envoy's lists, which routes and weighted clusters have. */
import type { HeaderModifier, HeaderValue } from "../../model/traffic.ts";

/** Envoy refuses a whole route configuration that changes these this way. */
const untouchable = (name: string): boolean => name === "host" || name.startsWith(":");

export const requestMutations = (modifier: HeaderModifier | undefined) =>
  modifier === undefined
    ? {}
    : {
        request_headers_to_add: added(modifier),
        request_headers_to_remove: modifier.remove.filter((name) => !untouchable(name)),
      };

export const responseMutations = (
  modifier: HeaderModifier | undefined,
  ...others: readonly HeaderOption[]
) =>
  modifier === undefined && others.length === 0
    ? {}
    : {
        response_headers_to_add: [...(modifier === undefined ? [] : added(modifier)), ...others],
        response_headers_to_remove: (modifier?.remove ?? []).filter((name) => !untouchable(name)),
      };

/** One modifier after the other as one: what the second says of a header is what counts. */
export function inTurn(
  first: HeaderModifier | undefined,
  second: HeaderModifier | undefined,
): HeaderModifier | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  const overruled = new Set([...second.set.map(({ name }) => name), ...second.remove]);
  const holds = ({ name }: HeaderValue): boolean => !overruled.has(name);
  return {
    set: [...first.set.filter(holds), ...second.set],
    add: [...first.add.filter(holds), ...second.add],
    remove: [...new Set([...first.remove, ...second.remove])],
  };
}

export type HeaderOption = ReturnType<typeof overwritten>;

const added = ({ set, add }: HeaderModifier): HeaderOption[] => [
  ...set
    .filter(({ name }) => !untouchable(name))
    .map(({ name, value }) => overwritten(name, literal(value))),
  ...add.filter(({ name }) => !untouchable(name)).map(appended),
];

/** `format`: with Envoy's command operators. */
export const overwritten = (key: string, format: string) => ({
  header: { key, value: format },
  append_action: "OVERWRITE_IF_EXISTS_OR_ADD" as
    | "OVERWRITE_IF_EXISTS_OR_ADD"
    | "APPEND_IF_EXISTS_OR_ADD",
  keep_empty_value: true,
});

const appended = ({ name, value }: HeaderValue): HeaderOption => ({
  ...overwritten(name, literal(value)),
  append_action: "APPEND_IF_EXISTS_OR_ADD",
});

/** A percent sign starts a command operator. */
export const literal = (value: string): string => value.replaceAll("%", "%%");
