// The quick check: format and lint, types, import rules, dead code and unit tests. The static ones
// run side by side; the first failure is told in full and ends the run with its exit code.
import { spawn } from "node:child_process";

const statics = [
  ["format, lint", "biome", ["check", "--error-on-warnings"]],
  ["types", "tsc", ["--noEmit"]],
  ["imports", "depcruise", ["--config", ".dependency-cruiser.cjs", "src", "test", "bench"]],
  ["dead code", "knip", []],
];
const tests = ["unit tests", "vitest", ["run", "--project", "unit"]];

function run([name, command, args], inherit) {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const child = spawn(`node_modules/.bin/${command}`, args, {
      stdio: inherit ? "inherit" : ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout?.on("data", (text) => {
      output += text;
    });
    child.stderr?.on("data", (text) => {
      output += text;
    });
    child.on("close", (code) => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      console.log(`${code === 0 ? "ok  " : "FAIL"} ${name} (${seconds} s)`);
      if (code !== 0 && !inherit) console.log(output);
      resolve(code === 0);
    });
  });
}

const results = await Promise.all(statics.map((step) => run(step, false)));
results.push(await run(tests, true));
process.exit(results.every(Boolean) ? 0 : 1);
