/** The scripts of `serin completion` in real shells, with names that a running serin tells. */
import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../support/ports.ts";
import { type Serin, startSerin } from "../support/serin.ts";
import { freshFolder } from "../support/tmp.ts";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const folder = freshFolder("completion");
const shells = ["bash", "zsh", "fish"] as const;
type Shell = (typeof shells)[number];
let server: Serin;

/** Where `serin` is the product as built. */
const bin = join(folder, "bin");

function run(command: string, args: readonly string[], admin: string): Promise<string> {
  const env = { ...process.env, PATH: `${bin}:${process.env["PATH"]}`, SERIN_ADMIN: admin };
  return new Promise((resolve, reject) => {
    const options = { env, cwd: folder, timeout: 60_000 };
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null && stderr === "") return resolve(stdout);
      reject(new Error(`${command}: ${error?.message ?? ""}\n${stdout}\n${stderr}`));
    });
  });
}

const adminOf = ({ adminPort }: Serin): string => `http://127.0.0.1:${adminPort}`;

beforeAll(async () => {
  mkdirSync(bin, { recursive: true });
  const script = `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`;
  writeFileSync(join(bin, "serin"), script, { mode: 0o755 });
  const put = (key: string, value: object): void => {
    const file = join(folder, "store", `${key}.json`);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, JSON.stringify(value));
  };
  put("endpoints/web/a", { address: "127.0.0.1:8081", version: "v1" });
  put("endpoints/web/b", { address: "127.0.0.1:8082", version: "v2" });
  put("endpoints/worker/a", { address: "127.0.0.1:8083", version: "v1" });
  put("weights/web", { v1: 90, v2: 10 });
  put("weights/worker", { v1: 1 });
  writeFileSync(join(folder, "web file.yaml"), "");
  writeFileSync(join(folder, ".zshrc"), zshStart);
  server = await startSerin({ store: `memory:${join(folder, "store")}` });
  for (const shell of shells) {
    const found = await run(shell, ["--version"], "").catch(() => undefined);
    if (found === undefined) throw new Error(`${shell} is needed: apt-get install ${shell}`);
    writeFileSync(join(folder, `serin.${shell}`), await run("serin", ["completion", shell], ""));
  }
});

afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What a shell offers behind the line, without what it says of each. */
async function offers(shell: Shell, line: string, admin = adminOf(server)) {
  const file = join(folder, `serin.${shell}`);
  const text = await run(shell, argumentsOf[shell](file, line), admin);
  const words = text.split("\n").map((each) => each.split("\t")[0]?.trim() ?? "");
  return [...new Set(words)].filter((word) => word !== "").sort();
}

// zsh completes at a terminal only: here at one of its own, and what it would offer is caught.
const zshStart = `
PROMPT=
autoload -Uz compinit
compinit -D -u
source $SCRIPT
compadd() {
  local -a found
  builtin compadd -A found "$@"
  (( $#found )) && print -l -- $found >>! $CAUGHT
  builtin compadd "$@"
}
finish() { print done >! $CAUGHT.done }
zle -N finish
bindkey '^F' finish
# Only then what is typed is read by the editor.
zle-line-init() { print ready }
zle -N zle-line-init
`;
const zshCatch = String.raw`
zmodload zsh/zpty zsh/zselect
export SCRIPT=$1 CAUGHT=$3 ZDOTDIR=$4 TERM=xterm
zpty shell zsh -d -i
zpty -r shell out '*ready*'
zpty -w -n shell "$2"$'\t\x06'
repeat 500; do [[ -e $3.done ]] && break; zselect -t 5; done
[[ -e $3.done ]] || { print "no end: $out" >&2; exit 1 }
zpty -d shell
[[ -e $3 ]] && cat $3
exit 0
`;

let caught = 0;

const argumentsOf: Readonly<Record<Shell, (file: string, line: string) => readonly string[]>> = {
  bash: (file, line) => [
    ...["--norc", "-c"],
    `source "$1"; COMP_LINE=$2; COMP_POINT=\${#2}; read -ra COMP_WORDS <<<"$2"; _serin
     complete -p serin >/dev/null && printf '%s\\n' "\${COMPREPLY[@]}"`,
    ...["bash", file, line],
  ],
  zsh: (file, line) => {
    caught += 1;
    return ["-f", "-c", zshCatch, "zsh", file, line, join(folder, `caught-${caught}`), folder];
  },
  fish: (file, line) => ["--no-config", "-c", "source $argv[1]; complete -C $argv[2]", file, line],
};

describe.each(shells)("completion in %s", (shell) => {
  it("offers commands, and those of a command", async () => {
    const all = await offers(shell, "serin ");
    expect(all).toEqual(expect.arrayContaining(["apply", "completion", "status", "weight"]));
    expect(all).not.toContain("__complete");
    expect(await offers(shell, "serin rollout p")).toEqual(["pause", "promote"]);
    expect(await offers(shell, "serin weight ")).toEqual(["get", "help", "set", "unset"]);
  });

  it("offers flags, and their values", async () => {
    expect(await offers(shell, "serin status --w")).toEqual(["--watch"]);
    expect(await offers(shell, "serin status -o ")).toEqual(["json", "table", "yaml"]);
    const joined = await offers(shell, "serin get --output=y");
    expect(joined.map((word) => word.replace("--output=", ""))).toEqual(["yaml"]);
    const files = await offers(shell, "serin apply -f web");
    // A space is quoted as each shell does.
    expect(files.map((word) => word.replaceAll(/\\/g, ""))).toEqual(["web file.yaml"]);
  });

  it("offers names that the server tells", async () => {
    expect(await offers(shell, "serin weight set w")).toEqual(["web", "worker"]);
    expect(await offers(shell, "serin weight set web v1=1 v")).toEqual(["v1=", "v2="]);
    expect(await offers(shell, "serin get wei")).toEqual(["weights"]);
    expect(await offers(shell, "serin get weights we")).toEqual(["web"]);
    expect(await offers(shell, "serin get weights/w")).toEqual(["weights/web", "weights/worker"]);
  });

  it("asks the server that the line names", async () => {
    const line = `serin history --admin ${adminOf(server)} wo`;
    expect(await offers(shell, line, "http://127.0.0.1:1")).toEqual(["worker"]);
  });

  it("offers nothing, and says nothing, where there is no server", async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    expect(await offers(shell, "serin weight set w", nowhere)).toEqual([]);
  });
});
