import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { openApiDocument } from "../../../src/api/openapi.ts";
import { commandTree } from "../../../src/cli/cli.ts";
import { createMetrics } from "../../../src/observe/metrics.ts";
import { objectSchemas } from "../../../src/store/schema/object-schemas.ts";
import { logicalCommands } from "../../support/docs/shell-lines.ts";
import { projectFolder, readProjectFile } from "../../support/tracked.ts";

/** Pages that are made of the code, held against it. */
const tool = (name: string): Promise<unknown> =>
  import(pathToFileURL(join(projectFolder, "tools", name)).href);

const hint = "out of date: npm run docs:reference";

describe("the references are as the code is:", () => {
  it("objects", async () => {
    const { schemaPage } = (await tool("schema-page.mjs")) as { schemaPage(all: object): string };
    expect(readProjectFile("docs/etcd-schema.md"), hint).toBe(schemaPage(objectSchemas()));
  });

  it("commands", async () => {
    const { cliPage } = (await tool("cli-page.mjs")) as { cliPage(program: Command): string };
    const page = cliPage(commandTree());
    expect(readProjectFile("docs/reference/cli.md"), hint).toBe(page);
    expect(page.match(/^## serin /gm)?.length).toBeGreaterThan(25);
  });

  it("the admin API", async () => {
    const { apiPage } = (await tool("api-page.mjs")) as { apiPage(document: object): string };
    const page = apiPage(openApiDocument(""));
    expect(readProjectFile("docs/reference/api.md"), hint).toBe(page);
    expect(page.match(/^### (?:GET|PUT|DELETE) /gm)?.length).toBeGreaterThan(25);
  });

  it("metrics", async () => {
    const { metricsPage } = (await tool("metrics-page.mjs")) as {
      metricsPage(text: string, registry: object): Promise<string>;
    };
    const text = readProjectFile("docs/metrics.md");
    expect(text, hint).toBe(await metricsPage(text, createMetrics().registry));
  });
});

/** The command that the words begin with, and what is left of them. */
function commandOf(words: readonly string[]): { command: Command; rest: readonly string[] } {
  let command: Command = commandTree();
  let at = 0;
  for (; at < words.length; at += 1) {
    const next = command.commands.find((each) => each.name() === words[at]);
    if (next === undefined) break;
    command = next;
  }
  return { command, rest: words.slice(at) };
}

describe("examples of --help", () => {
  const blocks = [...readProjectFile("docs/reference/cli.md").matchAll(/^```sh\n(.*?)^```$/gms)];
  const lines = blocks.flatMap(([, block = ""]) => logicalCommands(block.split("\n")));
  const examples = lines
    .flatMap(({ text }) => text.split(/ (?:\||&&) /))
    .filter((text) => text.startsWith("serin "));

  it("are there", () => {
    expect(examples.length).toBeGreaterThan(50);
  });

  it.each(examples)("%s", (example) => {
    const { command, rest } = commandOf(example.split(/\s+/).slice(1));
    expect(command.commands, "a command without commands below it").toEqual([]);
    const known = command.options.flatMap(({ short, long }) => [short, long]);
    const flags = rest.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.split("=")[0]);
    expect(flags.filter((each) => each !== "--help" && !known.includes(each))).toEqual([]);
  });
});
