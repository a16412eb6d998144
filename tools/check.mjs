// The quick check: format and lint, types, import rules, dead code and unit tests, all side by side.
// What fails is told in full, and the exit code is 1. `--without-tests` is for who runs all tests anyway.
import { spawn } from "node:child_process";

const steps = [
  ["unit tests", "vitest", ["run", "--project", "unit", "--reporter", "dot"]],
  // TypeScript's native compiler, three times as quick; the build's own checks the same types again.
  ["types", "../typescript-native/bin/tsc", ["--noEmit", "--incremental", "false"]],
  [
    "types of the page",
    "../typescript-native/bin/tsc",
    ["-p", "tsconfig.web.json", "--noEmit", "--incremental", "false"],
  ],
  [
    "types of its tests",
    "../typescript-native/bin/tsc",
    ["-p", "test/browser", "--noEmit", "--incremental", "false"],
  ],
  ["imports", "depcruise", ["--config", ".dependency-cruiser.cjs", "src", "test", "bench"]],
  ["dead code", "knip", []],
  ["format, lint", "biome", ["check", "--error-on-warnings"]],
];

function run([name, command, args]) {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const child = spawn(`node_modules/.bin/${command}`, args, {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (text) => {
        output += text;
      });
    }
    child.on("close", (code) => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      const summary = /Tests .*/.exec(output)?.[0] ?? "";
      console.log(`${code === 0 ? "ok  " : "FAIL"} ${name} (${seconds} s) ${summary}`);
      if (code !== 0) console.log(output);
      resolve(code === 0);
    });
  });
}

const wanted = process.argv.includes("--without-tests") ? steps.slice(1) : steps;
const results = await Promise.all(wanted.map(run));
process.exit(results.every(Boolean) ? 0 : 1);
