/** The page docs/reference/cli.md as a text, from the tree of commands, for the tool that writes it and the test that compares. */
import { table } from "./page-table.mjs";

const introduction = `# The command line

Generated from \`src/cli\` by \`tools/docs-reference.mjs\`; do not edit. \`serin COMMAND --help\` says the same.

In a clone of this repository it is \`npx serin\`, or \`node dist/main.js\` for what runs until it is stopped: npx passes on no
signal.

## Exit codes

| code | of most commands                                         | of \`diff\` and \`plan\` |
| ---- | -------------------------------------------------------- | -------------------- |
| 0    | done                                                     | nothing differs      |
| 1    | refused or failed                                        | something differs    |
| 2    | wrong usage                                              | anything went wrong  |
| 3    | timed out: of \`--wait\`, not every proxy has it, or none is there | |

## Waits as JSON

With \`--wait\` and \`-o json\` or \`-o yaml\` a command prints one document, in the end, whatever came of it: what it prints without
\`--wait\` (of \`apply\` and \`delete\` the list is \`objects\`), and \`wait\`. Exit codes are the same. For people, standard error says
meanwhile who is missing (only at a terminal), and in the end what went wrong.

| member     | what it says |
| ---------- | ------------ |
| \`failures\` | why something was not written, each with \`detail\`; it is there only then |
| \`absent\`   | of \`delete\`: keys that were not there; likewise |
| \`wait\`     | what became of it at the proxies; null where nothing was waited for, as nothing was written, or not all |
| \`wait.outcome\` | \`accepted\`; \`rejected\` by a proxy; \`timedOut\` (exit code 3); \`unknown\`: the server did not answer (1), \`detail\` says why |
| \`wait.revision\`, \`wait.ms\` | what was waited for, and milliseconds since the command began |
| \`wait.proxies\`, \`wait.accepted\`, \`wait.replicas\` | connected proxies of all replicas, how many of them have it, and how many replicas were asked |
| \`wait.behind\` | who has not: \`node\`, \`peer\`, \`type\`, \`status\`, \`message\` (the words of a NACK), \`replica\` where it is another one |
| \`wait.standing\` | rejections from before, in the same form; they are no failure |
| \`wait.omitted\` | how many more there are of the list |

    serin weight set web v1=90 v2=10 --wait -o json | jq -r '.wait.behind[] | .node + " " + .status'

## Environment

Every flag can be set in the environment; a flag that is given wins. \`true\`, \`1\`, \`yes\` and \`on\` are true; of flags that may be
given more than once, commas part the values.
`;

/** Flags that many commands share, told of once. */
const ofStore =
  "--store --prefix --etcd-ca --etcd-cert --etcd-key --etcd-user --etcd-password-file".split(" ");

export function cliPage(program) {
  const commands = leavesOf(program, ["serin"]);
  const list = table([
    ["command", "what it does"],
    ...commands.map(({ path, command }) => [
      `[\`${path}\`](#${path.replaceAll(" ", "-")})`,
      cell(firstSentence(command.description())),
    ]),
  ]);
  const store = commands
    .map(({ command }) => optionsOfStore(command))
    .findLast((options) => options.length === ofStore.length);
  return [
    formatted(introduction),
    "## Commands\n",
    ...list,
    "",
    "## Flags of the store\n",
    "Of `serve`, which takes `etcd://127.0.0.1:2379` where none is named, and of commands that read or write a store without a server.\n",
    ...optionTable(store ?? []),
    "",
    ...commands.map(sectionOf),
  ].join("\n");
}

/** The one table above that is written by hand, with its columns as wide as they must be. */
const formatted = (text) =>
  text.replace(/(?:^\|.*\n)+/gm, (rows) => {
    const cells = rows
      .trim()
      .split("\n")
      .map((row) =>
        row
          .slice(1, -1)
          .split("|")
          .map((each) => each.trim()),
      );
    return `${table([cells[0], ...cells.slice(2)]).join("\n")}\n`;
  });

function leavesOf(command, path) {
  const visible = command
    .createHelp()
    .visibleCommands(command)
    .filter((each) => each.name() !== "help");
  if (visible.length === 0) return [{ path: path.join(" "), command }];
  return visible.flatMap((each) => leavesOf(each, [...path, each.name()]));
}

const optionsOf = (command) =>
  command
    .createHelp()
    .visibleOptions(command)
    .filter(({ long }) => long !== "--help");

const optionsOfStore = (command) => optionsOf(command).filter(({ long }) => ofStore.includes(long));

function sectionOf({ path, command }) {
  const store = optionsOfStore(command);
  const hasAll = store.length === ofStore.length;
  const options = optionsOf(command).filter((option) => !hasAll || !store.includes(option));
  const { text, examples } = afterOptions(command);
  const lines = [
    `## ${path}\n`,
    `${cell(command.description())}\n`,
    `\`${`${path} ${usage(command)}`.trim()}\`\n`,
  ];
  if (command.registeredArguments.length > 0) {
    const rows = command.registeredArguments.map((each) => [
      `\`${each.name()}\``,
      cell(argumentText(each)),
    ]);
    lines.push(...table([["argument", ""], ...rows]), "");
  }
  if (options.length > 0) lines.push(...optionTable(options), "");
  if (hasAll) lines.push("And the [flags of the store](#flags-of-the-store).\n");
  if (text !== "") lines.push(`\`\`\`text\n${text}\n\`\`\`\n`);
  if (examples !== "") lines.push(`\`\`\`sh\n${examples}\n\`\`\`\n`);
  return lines.join("\n");
}

const usage = (command) =>
  command.usage().replace("[options] ", "").replace("[options]", "").trim();

const argumentText = ({ description, argChoices }) =>
  argChoices === undefined ? description : `${description}: ${argChoices.join(", ")}`;

function optionTable(options) {
  const rows = options.map((option) => {
    const [, variable] = /\(env: (\w+)\)/.exec(option.description) ?? [];
    const meaning = option.description.replace(/ \(env: \w+\)/, "");
    const choices = option.argChoices === undefined ? "" : `: ${option.argChoices.join(", ")}`;
    const fallback = option.defaultValueDescription ?? option.defaultValue;
    return [
      `\`${option.flags.replaceAll("|", "\\|")}\``,
      variable === undefined ? "" : `\`${variable}\``,
      cell(meaning + choices),
      fallback === undefined ? "" : `\`${fallback}\``,
    ];
  });
  return table([["flag", "environment", "meaning", "default"], ...rows]);
}

/** What stands in its help behind the options. */
function afterOptions(command) {
  let help = "";
  const write = (text) => {
    help += text;
  };
  command.configureOutput({ writeOut: write, writeErr: write });
  command.outputHelp();
  const after = help.slice(
    help.lastIndexOf("display help for command") + "display help for command".length,
  );
  const [text = "", examples = ""] = after.split(/^Examples?:\n/m);
  return { text: text.trim(), examples: examples.replaceAll(/^ {2}/gm, "").trim() };
}

const firstSentence = (text) => text.replace(/(?<=\.)\s.*$/s, "");

const cell = (text) =>
  text.replaceAll(/\s+/g, " ").replaceAll("|", "\\|").replaceAll("<", "\\<").trim();
