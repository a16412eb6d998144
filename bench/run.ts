/**
 * `npm run bench`: serin as built and its peers, in turns, over one etcd and under the same load.
 * Prints the tables and writes them into RESULTS.md, in the section of this command.
 */
import { requireBinary } from "../test/support/binaries.ts";
import { soak, stopped } from "./alone.ts";
import { compare } from "./compare.ts";
import { envoyRow } from "./envoy-row.ts";
import { type BenchOptions, parseOptions, usage } from "./options.ts";
import { writeSection } from "./results-file.ts";
import { makeTls } from "./tls.ts";

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

function run({ cells, servers, rounds, tls, instead }: BenchOptions): Promise<readonly string[]> {
  const [first] = cells;
  switch (instead?.kind) {
    case "soak":
      return soak(first, instead.minutes, instead.rate);
    case "stopped":
      return stopped(first, rounds, instead.clients);
    case "envoy":
      return envoyRow(cells, rounds, say);
    case undefined:
      return compare({ cells, servers, rounds, tls: tls ? makeTls() : undefined, say });
  }
}

const args = process.argv.slice(2);
const options = parseOptions(args);
if (!options.ok) {
  process.stderr.write(`${options.error}\n\n${usage}`);
  process.exitCode = 2;
} else if (options.value === "help") {
  process.stdout.write(usage);
} else {
  const startedAt = new Date();
  const etcd = await requireBinary("etcd");
  const lines = await run(options.value);
  for (const line of lines) say(line);
  writeSection(["npm run bench --", ...args].join(" "), lines, {
    startedAt,
    versions: `etcd ${etcd.version}, go-control-plane v0.14.0, java-control-plane 1.0.49`,
  });
}
