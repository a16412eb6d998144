/**
 * All of Envoy's v3 API, for raw resources that people write as JSON. The descriptor is generated
 * at build time from a development dependency and is somewhat older than our own definitions.
 */
import { readFileSync } from "node:fs";
import protobuf, { type INamespace, type Root } from "protobufjs";

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
  const root = protobuf.Root.fromJSON(descriptor);
  root.resolveAll();
  return root;
}
