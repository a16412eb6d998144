/**
 * Writes what git ignores: `src/gen/messages.ts`, the TypeScript types of proto/, and
 * `gen/official.json`, a descriptor of all of Envoy's v3 API, both beside src and beside dist.
 * Does nothing where the outputs are newer than their sources, and leaves the descriptor alone in an
 * installation without development dependencies.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { messageTypes } from "./gen/messages.mjs";
import { officialDescriptor } from "./gen/official.mjs";

const project = fileURLToPath(new URL("../", import.meta.url));
const tools = [
  "tools/gen.mjs",
  "tools/gen/messages.mjs",
  "tools/gen/official.mjs",
  "tools/gen/load.mjs",
].map((file) => join(project, file));
const folder = join(project, "proto");
const ours = [folder, ...readdirSync(folder).map((file) => join(folder, file))];
const official = join(project, "node_modules/@grpc/grpc-js-xds");

const modified = (path) => statSync(path).mtimeMs;

function isFresh(output, inputs) {
  return existsSync(output) && inputs.every((input) => modified(input) <= modified(output));
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function generateMessages() {
  const output = join(project, "src/gen/messages.ts");
  // An installed package has no sources: there is nothing to type-check.
  if (!existsSync(join(project, "src")) || isFresh(output, [...ours, ...tools])) return;
  write(output, messageTypes(folder));
  console.log("gen: src/gen/messages.ts");
}

function generateOfficial() {
  const output = join(project, "src/gen/official.json");
  const copy = join(project, "dist/gen/official.json");
  if (!existsSync(official)) {
    console.log("gen: no development dependencies, the official descriptor stays as it is");
    return;
  }
  if (!isFresh(output, [join(official, "package.json"), ...ours, ...tools])) {
    write(output, JSON.stringify(officialDescriptor(join(official, "deps"), folder)));
    console.log("gen: src/gen/official.json");
  }
  if (isFresh(copy, [output])) return;
  mkdirSync(dirname(copy), { recursive: true });
  copyFileSync(output, copy);
  console.log("gen: dist/gen/official.json");
}

generateMessages();
generateOfficial();
