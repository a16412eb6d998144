/**
 * `npm run programs`: Envoy, etcd and etcdctl, found or downloaded as the tests do it. Prints the line
 * that adds them to PATH, for `eval`; where each one is goes to standard error. Needs a build.
 */
import { delimiter, dirname } from "node:path";
import { findBinary } from "../dist/dev/binaries.js";

const folders = new Set();
for (const name of ["envoy", "etcd", "etcdctl"]) {
  const found = await findBinary(name);
  if (!found.ok) {
    console.error(found.error);
    process.exitCode = 1;
    continue;
  }
  const { command, args, version, how } = found.value;
  console.error(`${name} ${version}: ${[command, ...args].join(" ")}`);
  // The last, so that it hides nothing, such as another node beside it.
  if (how !== "path" && how !== "docker") folders.add(dirname(command));
}
if (folders.size > 0) console.log(`export PATH="$PATH${delimiter}${[...folders].join(delimiter)}"`);
