/** `serin verdicts`: what proxies find of the instances of versions. */
import type { Command } from "commander";
import type { Client } from "../api/client.ts";
import type { VerdictsJson, VersionVerdictJson } from "../api/verdicts.ts";
import { adminFlag } from "./admin-client.ts";
import type { CliContext } from "./context.ts";
import { acting } from "./flags.ts";
import { serviceName } from "./service-argument.ts";
import { showAnswer } from "./show-answer.ts";
import { ageText, outputFlag, plainText, tableText } from "./table.ts";

export function addVerdicts(program: Command, context: CliContext): void {
  const command = program
    .command("verdicts")
    .description("Show which instances proxies have taken out, by health checks or by ejection.")
    .argument("[service]", "name of a service; without it: what is unwell", serviceName)
    .addOption(adminFlag())
    .addOption(outputFlag());
  command
    .addHelpText(
      "after",
      `
Envoys tell it that were made with \`serin bootstrap --verdicts\`, every 5 s. Those that find the same
are one row. WELL: instances that get requests, of those that the proxies know. EJECTED: out, by the
answers to requests. FAILING: neither; their health checks fail, or have not passed yet. SINCE: how long
not all are well. HEARD: since the one of these proxies was heard that has been silent for longest.
What serin's own probes find for gRPC clients, who do not probe: \`serin health\`.

Examples:
  serin verdicts
  serin verdicts web
  serin verdicts web -o json | jq '.versions[] | select(.unwell)'`,
    )
    .action(acting(context, command, () => verdicts(command, context)));
}

function verdicts(command: Command, context: CliContext): Promise<number> {
  const [service] = command.processedArgs as [string | undefined];
  const query = service === undefined ? {} : { service };
  const ask = (api: Client) => api.call("GET /v1/verdicts", { query });
  return showAnswer(command, context, ask, verdictsText);
}

const head = [
  ...["SERVICE", "VERSION", "INSTANCES", "PROXIES", "WELL", "EJECTED", "FAILING"],
  ...["SINCE", "HEARD", "WHICH"],
];

export function verdictsText({ reporters, ageMs, versions }: VerdictsJson): string {
  const heard = ageMs === null ? "" : `, heard within ${ageText(ageMs)}`;
  const said =
    reporters === 0
      ? "no proxy tells this replica what it finds: see serin bootstrap --verdicts\n"
      : `proxies that tell what they find: ${reporters}${heard}\n`;
  if (versions.length === 0) return reporters === 0 ? said : `${said}nothing is unwell\n`;
  return `${tableText([head, ...versions.flatMap(rows)])}\n${said}`;
}

function rows(version: VersionVerdictJson): readonly (readonly string[])[] {
  const { service, subset, instances, looksAtHealth, findings } = version;
  const start = [plainText(service), plainText(subset), String(instances)];
  if (!looksAtHealth) return [[...start, "-", "not looked at"]];
  if (findings.length === 0) return [[...start, "0"]];
  return findings.map((each) => [
    ...start,
    String(each.proxies),
    `${each.healthy} of ${each.total}`,
    String(each.ejected),
    String(each.failing),
    each.unwellForMs === null ? "-" : ageText(each.unwellForMs),
    ageText(each.ageMs),
    namesText(each.names, each.proxies),
  ]);
}

function namesText(names: readonly string[], count: number): string {
  const rest = count - names.length;
  return names.map(plainText).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** One line for `serin rollout get`; undefined: no proxy finds anything. */
export function verdictLine(verdict: VersionVerdictJson): string | undefined {
  const { subset, findings, unwell } = verdict;
  const [worst] = findings;
  if (!unwell || worst === undefined) return undefined;
  const all = findings.reduce((sum, { proxies }) => sum + proxies, 0);
  const out = findings
    .filter(({ unwellForMs }) => unwellForMs !== null)
    .reduce((sum, { proxies }) => sum + proxies, 0);
  const { healthy, total, ejected, failing, unwellForMs } = worst;
  const why = [
    ...(ejected > 0 ? [`${ejected} ejected`] : []),
    ...(failing > 0 ? [`${failing} failing health checks`] : []),
  ].join(", ");
  const since = unwellForMs === null ? "" : `, for ${ageText(unwellForMs)}`;
  return `${out} of ${all} find ${subset} unwell: ${healthy} of ${total} well, ${why}${since}`;
}
