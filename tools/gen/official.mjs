/** One JSON descriptor of Envoy's v3 API, without comments and options. */
import { join } from "node:path";
import { emptyRoot, parseInto, protoFiles } from "./load.mjs";

/** Folders with types that Envoy's API uses; annotations and tests are of no use at run time. */
const folders = ["envoy-api/envoy", "xds/xds", "googleapis/google"];
const wanted = /\/(v3|v3alpha|v1|v1alpha1|v2alpha|rpc|core|type)\b/;

/** `deps` is the folder of the npm package that holds the official .proto files. */
export function officialDescriptor(deps) {
  const root = emptyRoot();
  for (const file of folders.flatMap((folder) => protoFiles(join(deps, folder)))) {
    if (wanted.test(file)) parseInto(root, file);
  }
  return root.toJSON();
}
