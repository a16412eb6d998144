/** A checked `resources/` value → RawResource. Its values are never repeated: some are secrets. */
import type { RawResource } from "../../model/raw-resource.ts";
import { durationMs } from "../schema/duration.ts";
import type { ResourceValue } from "../schema/resource.ts";
import type { KeyOf } from "./content.ts";
import { clip, type Path, type Problem, problem } from "./problem.ts";

/** What of a proto JSON resource contradicts its key. */
export function resourceProblems(
  value: ResourceValue,
  key: KeyOf<"resources">,
  at: Path,
): readonly Problem[] {
  const problems: Problem[] = [];
  const { "@type": type, any, ttl: _, ...fields } = value;
  if (type !== undefined && type !== key.typeUrl) {
    const message = `disagrees with the key, which is for ${clip(key.typeUrl)}`;
    problems.push(problem("VALUE_INVALID", [...at, "@type"], message));
  }
  if (any !== undefined && Object.keys(fields).length > 0) {
    const message = "expected no other field beside any";
    problems.push(problem("VALUE_INVALID", [...at, "any"], message));
  }
  const nameField = ["name", "clusterName", "cluster_name"].find((field) =>
    Object.hasOwn(fields, field),
  );
  if (nameField !== undefined && fields[nameField] !== key.name) {
    const message = "disagrees with the name in the key";
    problems.push(problem("VALUE_INVALID", [...at, nameField], message));
  }
  return problems;
}

export function toResource(
  value: ResourceValue,
  key: KeyOf<"resources">,
  origin: string,
  revision: bigint,
): RawResource {
  const { "@type": _, any, ttl, ...json } = value;
  return {
    gateway: key.gateway,
    typeUrl: key.typeUrl,
    name: key.name,
    ttlMs: ttl === undefined ? undefined : durationMs(ttl),
    body:
      any === undefined
        ? { kind: "json", json }
        : { kind: "any", bytes: new Uint8Array(Buffer.from(any, "base64")) },
    origin,
    revision,
  };
}
