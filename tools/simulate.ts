/**
 * `npm run simulate`: how often the guard and the comparison raise a false alarm, and how soon they
 * find what is wrong, with the functions that judge real releases. Writes nothing but its tables.
 */
import { parseOptions, usage } from "./simulate/options.ts";
import { comparisonTable, guardTable, type Simulation } from "./simulate/tables.ts";

function* lines(simulation: Simulation): Iterable<string> {
  const { runs, minutes, seed, bursts, guard, comparison } = simulation;
  yield `${runs} runs of ${minutes} minutes in each row, seed ${seed}`;
  for (const burst of bursts) {
    const failures = burst === 1 ? "independent failures" : `failures in rows of ${burst}`;
    yield* ["", `Guard, \`${guard.failureCondition.text}\`, ${failures}:`, ""];
    yield* guardTable(simulation, burst);
    if (comparison.judge.kind !== "compare") continue;
    const rule = `worse than stable by more than ${comparison.judge.maxDelta}`;
    yield* ["", `Comparison, ${rule}, ${failures}:`, ""];
    yield* comparisonTable(simulation, burst);
  }
}

const options = parseOptions(process.argv.slice(2));
if (!options.ok) {
  process.stderr.write(`${options.error}\n\n${usage}`);
  process.exitCode = 2;
} else if (options.value === "help") {
  process.stdout.write(usage);
} else {
  for (const line of lines(options.value)) console.log(line);
}
