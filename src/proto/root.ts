/**
 * The messages that serin writes and reads, parsed once from the folder `proto/`. Field names stay
 * in snake case everywhere, so that a reader can compare them with Envoy's own documentation.
 */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import protobuf, { type Root } from "protobufjs";

/** `proto/` lies beside both `src/` and `dist/`. */
const protoFolder = fileURLToPath(new URL("../../proto/", import.meta.url));

/** protobufjs has these built in; loading them all makes every one usable inside an Any. */
const wellKnown = ["any", "duration", "empty", "field_mask", "struct", "timestamp", "wrappers"];

let loaded: Root | undefined;

/** Our own definitions; about 50 ms on the first call. A missing or broken file is a bug: throws. */
export function ourRoot(): Root {
  loaded ??= loadRoot();
  return loaded;
}

function loadRoot(): Root {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) =>
    target.startsWith("google/protobuf/") ? target : protoFolder + target;
  const files = readdirSync(protoFolder).filter((file) => file.endsWith(".proto"));
  const builtIn = wellKnown.map((name) => `google/protobuf/${name}.proto`);
  root.loadSync([...builtIn, ...files.sort()], { keepCase: true });
  root.resolveAll();
  return root;
}
