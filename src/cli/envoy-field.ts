/**
 * Which field of a resource Envoy complains of. Where a constraint of the message is broken, it tells the
 * path, by the names of its generated code. Anything else is found by asking: part after part is left out
 * until Envoy takes the rest, and what cannot be left out is replaced.
 */
import { limits } from "../config/limits.ts";
import { findMessageType } from "../proto/message-type.ts";
import { officialRoot } from "../proto/official.ts";
import {
  childrenOf,
  type Leaf,
  leavesOf,
  type Path,
  type Step,
  valueAt,
  withoutPart,
  withPart,
} from "./json-parts.ts";
import type { Shown } from "./static-bootstrap.ts";

/** What Envoy says of the resource with this body; undefined: it takes it. */
export type Complaint = (body: Shown["body"]) => Promise<string | undefined>;

export interface FieldFault {
  /** `virtual_hosts[0].name`; empty for the whole resource. */
  readonly path: string;
  readonly message: string;
}

export async function accusedField(
  resource: Pick<Shown, "typeUrl" | "body">,
  message: string,
  complaint: Complaint,
): Promise<FieldFault> {
  const broken = brokenConstraint(resource, message);
  if (broken !== undefined) return broken;
  const found = await wrongPart(resource.body, message, complaint);
  const path = found.length > 0 ? found : missingField(resource, message);
  return { path: pathText(path), message };
}

const pathText = (path: Path): string =>
  path
    .map((step, index) =>
      typeof step === "number" ? `[${step}]` : `${index > 0 ? "." : ""}${step}`,
    )
    .join("");

const link = /(\w+)ValidationError\.(\w+)(?:\[(\d+)\])?: /g;

/** https://github.com/bufbuild/protoc-gen-validate: the message, its field, and what is inside of that. */
function brokenConstraint(
  { typeUrl, body }: Pick<Shown, "typeUrl" | "body">,
  message: string,
): FieldFault | undefined {
  const links = [...message.matchAll(link)];
  const reason = /.*ValidationError\.\w+(?:\[\d+\])?: (.+?)\)?$/s.exec(message)?.[1];
  for (const [index, [, type = ""]] of links.entries()) {
    const starts = typeUrl.endsWith(`.${type}`) ? [[]] : unpacked(body, type);
    for (const start of starts) {
      const path = alongLinks(body, start, links.slice(index));
      if (path !== undefined) return { path: pathText(path), message: reason ?? message };
    }
  }
  return undefined;
}

/** Where messages of a type stand that are unpacked from an Any. */
function unpacked(value: unknown, type: string, at: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null) return [];
  const { "@type": url = "" } = value as { readonly "@type"?: string };
  const inside = childrenOf(value).flatMap((step) =>
    unpacked(valueAt(value, [step]), type, [...at, step]),
  );
  return url.endsWith(`.${type}`) ? [at, ...inside] : inside;
}

/** undefined: the body has no such fields. The last may be missing: it may be what is required. */
function alongLinks(
  body: unknown,
  start: Path,
  links: readonly RegExpExecArray[],
): Path | undefined {
  let path = start;
  for (const [index, [, , field = "", element]] of links.entries()) {
    const name = fieldNamed(valueAt(body, path), field);
    if (name === undefined && index < links.length - 1) return undefined;
    path = [...path, name ?? snake(field), ...(element === undefined ? [] : [Number(element)])];
  }
  return path;
}

const fieldNamed = (value: unknown, field: string): Step | undefined =>
  childrenOf(value).find(
    (step) => String(step).replaceAll("_", "").toLowerCase() === field.toLowerCase(),
  );

const snake = (name: string): string =>
  name.replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();

async function wrongPart(
  body: Shown["body"],
  message: string,
  complaint: Complaint,
): Promise<Path> {
  let asks = 0;
  const isTaken = async (changed: unknown): Promise<boolean> =>
    asks++ < limits.cli.fieldAsks && (await complaint(changed as Shown["body"])) === undefined;
  const lastOf = async (parts: readonly Path[]): Promise<Path | undefined> => {
    let last: Path | undefined;
    for (const part of parts) if (await isTaken(withoutPart(body, part))) last = part;
    return last;
  };
  let path: Path = [];
  for (;;) {
    const next = await lastOf(partsBelow(body, path));
    if (next === undefined) break;
    path = next;
  }
  const leaves = leavesOf(valueAt(body, path), path);
  const named = leaves.findLast(({ value }) => value !== body["name"] && repeats(message, value));
  if (named !== undefined) return named.path;
  for (const leaf of leaves) {
    if (await isTaken(withPart(body, leaf.path, harmless(leaf.value)))) return leaf.path;
  }
  // What is required cannot be left out whole, but perhaps one of its elements.
  let level = partsBelow(body, path);
  while (level.length > 0) {
    level = level.flatMap((part) => partsBelow(body, part));
    const found = await lastOf(level);
    if (found !== undefined) return found;
  }
  return path;
}

const partsBelow = (body: unknown, path: Path): readonly Path[] =>
  childrenOf(valueAt(body, path)).map((step) => [...path, step]);

/** As a word of its own, and not in what names the listener alone. */
function repeats(message: string, value: Leaf["value"]): boolean {
  if (typeof value !== "string" || value.length < 3) return false;
  const told = message.replace(/^error adding listener '[^']*': /, "");
  const at = told.indexOf(value);
  if (at === -1) return false;
  return !/[\w-]/.test(`${told[at - 1] ?? " "}${told[at + value.length] ?? " "}`);
}

function harmless(value: Leaf["value"]): unknown {
  if (typeof value === "number") return value === 1 ? 2 : 1;
  if (typeof value === "boolean") return !value;
  return /^-?[\d.]+s$/.test(value) ? "1s" : "a";
}

/** One that is to be there, where Envoy says no more than its name. */
function missingField({ typeUrl, body }: Pick<Shown, "typeUrl" | "body">, message: string): Path {
  const known = findMessageType(officialRoot(), typeUrl)?.byName;
  const word = (message.match(/[a-z]+(?:_[a-z0-9]+)*/g) ?? []).findLast(
    (each) => each !== "name" && known?.has(each) === true && !Object.hasOwn(body, each),
  );
  return word === undefined ? [] : [word];
}
