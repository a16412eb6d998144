/** Parses .proto files into one protobufjs root, whatever their imports say. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import protobuf from "protobufjs";

const wellKnown = ["any", "duration", "empty", "field_mask", "struct", "timestamp", "wrappers"];

/** A root with google.protobuf's well-known types. */
export function emptyRoot() {
  const root = new protobuf.Root();
  for (const name of wellKnown) {
    root.addJSON(protobuf.common.get(`google/protobuf/${name}.proto`).nested);
  }
  return root;
}

/** Paths of all .proto files below `folder`, sorted. */
export function protoFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((path) => path.endsWith(".proto"))
    .sort()
    .map((path) => join(folder, path));
}

export function parseInto(root, file) {
  protobuf.parse(readFileSync(file, "utf8"), root, { keepCase: true });
}

/** All messages and enums below `parent`, nested ones too, each after the one that holds it. */
export function declarations(parent) {
  return parent.nestedArray.flatMap((object) => {
    const own = object instanceof protobuf.Type || object instanceof protobuf.Enum ? [object] : [];
    return object instanceof protobuf.Namespace ? [...own, ...declarations(object)] : own;
  });
}

/** Without the leading dot of protobufjs. */
export function fullName(object) {
  return object.fullName.replace(/^\./, "");
}
