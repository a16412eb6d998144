/**
 * `npm run faults`: real replicas over a real etcd, of which the one that acts is killed, stopped or cut
 * off in the middle of an act, again and again, by seed; etcd's record says whether anything went wrong.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startEtcd } from "../support/etcd.ts";
import { planRuns } from "./fault-plan.ts";
import type { Played } from "./play.ts";
import { playAll } from "./play-all.ts";
import { lineOf, tableOf } from "./report.ts";

const usage = `\
npm run faults -- [flags]

  --runs 50        all 36 faults come once before any comes again
  --seed 1
  --at-once 6      worlds at the same time
  --only TEXT      of these runs, those whose line has the text
  --keep FOLDER    where the record of etcd and the logs of a run with violations go
`;

const text = (value: string) => ({ type: "string", default: value }) as const;
const flags = {
  runs: text("50"),
  seed: text("1"),
  "at-once": text("6"),
  only: text(""),
  keep: text(""),
  help: { type: "boolean", short: "h", default: false },
} as const;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function keep(folder: string, { run, violations, story, logs }: Played): void {
  mkdirSync(folder, { recursive: true });
  const record = story.revisions.map(({ puts, ...rest }) => ({
    ...rest,
    puts: Object.fromEntries(puts),
  }));
  const sent = Object.fromEntries(
    [...story.sent].map(([replica, acts]) => [
      replica,
      acts.map((act) => ({ ...act, puts: Object.fromEntries(act.puts) })),
    ]),
  );
  const told = JSON.stringify(
    { run, violations, byHand: [...story.byHand], record, sent },
    null,
    2,
  );
  writeFileSync(join(folder, `${run.name.split(" ")[0]}.json`), told);
  writeFileSync(join(folder, `${run.name.split(" ")[0]}.log`), logs);
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: flags });
  const [runs, seed, atOnce] = [values.runs, values.seed, values["at-once"]].map(Number);
  if (
    values.help ||
    !isCount(runs) ||
    !isCount(atOnce) ||
    seed === undefined ||
    Number.isNaN(seed)
  ) {
    say(usage);
    return values.help ? 0 : 2;
  }
  const planned = planRuns(runs, seed).filter(({ name }) => name.includes(values.only));
  say(`${planned.length} runs, seed ${seed}, ${atOnce} at a time`);
  const etcd = await startEtcd();
  try {
    const began = performance.now();
    const all = await playAll(etcd, planned, atOnce, (played) => {
      say(lineOf(played));
      if (played.violations.length > 0 && values.keep !== "") keep(values.keep, played);
    });
    for (const line of ["", ...tableOf(all)]) say(line);
    const violations = all.filter((each) => each.violations.length > 0).length;
    const minutes = ((performance.now() - began) / 60_000).toFixed(1);
    say(`\n${all.length} runs, ${violations} with violations, in ${minutes} min`);
    return violations === 0 ? 0 : 1;
  } finally {
    await etcd.stop();
  }
}

const isCount = (value: number | undefined): value is number =>
  value !== undefined && Number.isInteger(value) && value > 0;

process.exitCode = await main();
