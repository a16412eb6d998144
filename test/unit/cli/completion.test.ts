import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { commandShapes } from "../../../src/cli/completion/shape.ts";
import { startedLab } from "../../support/admin.ts";
import { cli } from "../../support/cli.ts";

async function start(objects: Readonly<Record<string, object>>): Promise<string> {
  const lab = await startedLab({ objects });
  return lab.url;
}

const instance = (version: string) => ({ address: "127.0.0.1:8081", version });

describe("completion", () => {
  it("is made of the commands themselves", () => {
    const program = new Command("serin");
    program
      .command("weight")
      .command("set")
      .description("Set it.")
      .argument("<service>")
      .argument("<subset=weight...>")
      .option("-f, --file <path>", "a file (env: SERIN_FILE)")
      .option("--now", "at once");
    program.command("__complete", { hidden: true });
    const [whole, weight, set] = commandShapes(program);
    expect(whole?.commands.map(({ name }) => name)).toEqual(["weight", "help"]);
    expect(weight).toMatchObject({ path: "weight", arguments: [] });
    expect(set).toMatchObject({
      path: "weight set",
      options: [
        { names: ["-f", "--file"], summary: "a file", values: { kind: "files" } },
        { names: ["--now"], values: undefined },
        { names: ["-h", "--help"] },
      ],
      arguments: [
        { values: { kind: "asked", what: "service" }, variadic: false },
        { values: { kind: "asked", what: "subset" }, variadic: true },
      ],
    });
  });

  it("knows what every argument of a command is", async () => {
    const { out } = await cli(["completion", "bash"]);
    const start = out.indexOf("_serin_argument()");
    const table = out.slice(start, out.indexOf("\n}", start));
    expect(table).toContain("'weight set:'*) printf '%s\\n' 'asked subset'");
    expect(table.match(/'any'/g)).toBeNull();
  });

  it("refuses a shell that it does not know", async () => {
    expect(await cli(["completion", "tcsh"])).toMatchObject({ code: 2, out: "" });
  });
});

describe("__complete", () => {
  it("tells names that begin so, and only those that no shell takes for a command", async () => {
    const url = await start({
      "endpoints/web/a": instance("v1"),
      "endpoints/web/b": instance("v2"),
      "endpoints/api/a": instance("v1"),
      "rollouts/web": {},
      "resources/x/$(id)": {},
      "resources/x/plain": {},
    });
    const ask = async (...words: readonly string[]) =>
      (await cli(["__complete", ...words, "--admin", url])).out.split("\n").slice(0, -1);
    expect(await ask("service")).toEqual(["api", "web"]);
    expect(await ask("service", "w")).toEqual(["web"]);
    expect(await ask("release")).toEqual(["web"]);
    expect(await ask("subset", "", "web")).toEqual(["v1=", "v2="]);
    expect(await ask("name", "w", "endpoints")).toEqual(["web/a", "web/b"]);
    expect(await ask("name", "", "resources")).toEqual(["x/plain"]);
    expect(await ask("name", "endpoints/a")).toEqual(["endpoints/api/a"]);
    expect(await ask("name", "x", "nonsense")).toEqual([]);
  });

  it("says nothing where something else answers, or nobody in time", async () => {
    const server = createServer((request, answer) => {
      if (request.url?.startsWith("/v1/objects") === true) answer.end("<html>");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const nothing = { code: 0, out: "", err: "" };
    try {
      expect(await cli(["__complete", "release", "--admin", url])).toMatchObject(nothing);
      expect(await cli(["__complete", "service", "--admin", url])).toMatchObject(nothing);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
