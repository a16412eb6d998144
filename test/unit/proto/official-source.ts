import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import protobuf, { type Root } from "protobufjs";

/** The folder of the npm package that holds official .proto files. */
const deps = join(
  dirname(fileURLToPath(import.meta.resolve("@grpc/grpc-js-xds/package.json"))),
  "deps",
);

const folders = ["envoy-api/envoy", "googleapis/google/rpc"];

/** The published descriptors as they are, read from source: nothing of ours is in them. */
export function publishedRoot(): Root {
  const root = new protobuf.Root();
  for (const folder of folders) {
    for (const path of readdirSync(join(deps, folder), { recursive: true, encoding: "utf8" })) {
      const isWanted = folder !== "envoy-api/envoy" || /[/\\]v3[/\\]/.test(path);
      if (!path.endsWith(".proto") || !isWanted) continue;
      protobuf.parse(readFileSync(join(deps, folder, path), "utf8"), root, { keepCase: true });
    }
  }
  return root;
}
