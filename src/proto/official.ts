/**
 * All of Envoy's v3 API, for raw resources that people write as JSON. The descriptor is generated
 * at build time from a development dependency and is somewhat older than our own definitions, whose
 * newer fields and messages are added to it.
 */
import { readFileSync } from "node:fs";
import protobuf, { type INamespace, type IType, type Root } from "protobufjs";
import { ourRoot } from "./root.ts";

/** `gen/` lies beside `proto/` both in `src/` and in `dist/`. */
const descriptorFile = new URL("../gen/official.json", import.meta.url);

let loaded: Root | undefined;

/**
 * The official descriptors; about 0.2 s on the first call, so it is made only when it is needed.
 * Throws where the file is missing: `npm run gen` makes it.
 */
export function officialRoot(): Root {
  loaded ??= loadRoot();
  return loaded;
}

function loadRoot(): Root {
  const descriptor = JSON.parse(readFileSync(descriptorFile, "utf8")) as INamespace;
  const { google: _, ...own } = ourRoot().toJSON().nested ?? {};
  const root = protobuf.Root.fromJSON(merged(descriptor, { nested: own }) as INamespace);
  root.resolveAll();
  return root;
}

/** As protobufjs writes them: a namespace, or a message, which may hold others. */
type Described = Partial<IType>;

/** `official` with what only `own` has; what both have stands as it is. */
function merged(official: Described, own: Described): Described {
  const nested = { ...official.nested };
  for (const [name, ours] of Object.entries(own.nested ?? {})) {
    const known = nested[name];
    nested[name] = (known === undefined ? ours : merged(known, ours)) as INamespace;
  }
  if (official.fields === undefined) return { ...official, nested };
  return {
    ...official,
    nested,
    fields: { ...own.fields, ...official.fields },
    oneofs: mergedOneofs(official.oneofs, own.oneofs),
  };
}

type Oneofs = NonNullable<IType["oneofs"]>;

function mergedOneofs(official: Oneofs = {}, own: Oneofs = {}): Oneofs {
  const oneofs = { ...official };
  for (const [name, { oneof }] of Object.entries(own)) {
    const known = oneofs[name];
    oneofs[name] = { ...known, oneof: [...new Set([...(known?.oneof ?? []), ...oneof])] };
  }
  return oneofs;
}
