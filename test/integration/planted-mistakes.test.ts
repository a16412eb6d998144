/**
 * Mistakes that people make, each in a file under `test/planted-mistakes`: `serin validate` refuses it, and
 * names object, field and line. Its second line says which; the line itself ends with `# <-`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cli } from "../support/cli.ts";

const folder = "test/planted-mistakes";

interface Mistake {
  readonly file: string;
  readonly text: string;
  readonly strict: boolean;
  readonly code: string;
  readonly key: string;
  readonly path: string;
  readonly line: number;
}

function readMistake(name: string): Mistake {
  const file = `${folder}/${name}`;
  const text = readFileSync(file, "utf8");
  const [, strict, code = "", key = "", path = ""] =
    /^# refused( with --strict)?: (\w+) (.+) (\S+)$/m.exec(text) ?? [];
  const line = text.split("\n").findIndex((each) => each.endsWith("# <-")) + 1;
  return {
    ...{ file, text, code, key, line, strict: strict !== undefined },
    path: path === "-" ? "" : path,
  };
}

const mistakes = readdirSync(folder)
  .filter((name) => name.endsWith(".yaml"))
  .map(readMistake);
const byEnvoy = mistakes.filter(({ code }) => code === "ENVOY_REJECTS");
const bySerin = mistakes.filter(({ code }) => code !== "ENVOY_REJECTS");

interface Told {
  readonly code?: string;
  readonly severity?: string;
  readonly key: string;
  readonly path: string;
  readonly file?: string;
  readonly line?: number;
}

interface Answer {
  readonly diagnostics: readonly Told[];
  readonly verdicts: readonly { readonly accused: readonly Told[] }[];
}

const place = ({ key, path, file, line }: Told) => ({ key, path, file, line });

async function validated({ file, strict }: Mistake, ...more: readonly string[]) {
  const args = ["validate", "-f", file, ...(strict ? ["--strict"] : []), ...more];
  const json = await cli([...args, "-o", "json"]);
  expect([json.code, json.err]).toEqual([1, ""]);
  return JSON.parse(json.out) as Answer;
}

describe("serin validate refuses", () => {
  it("enough mistakes, of objects and of Envoy's resources", () => {
    const refused = mistakes.filter(({ strict }) => !strict);
    expect(refused.length).toBeGreaterThan(60);
    expect(byEnvoy.length).toBeGreaterThan(15);
    const kinds = new Set(mistakes.map(({ key }) => key.split("/")[0]));
    for (const kind of [
      ...["services", "endpoints", "weights", "routes", "grpcroutes", "tcproutes", "tlsroutes"],
      ...[
        "gateways",
        "rollouts",
        "lanes",
        "analysistemplates",
        "secrets",
        "snapshots",
        "resources",
      ],
    ]) {
      expect(kinds).toContain(kind);
    }
    for (const { file, line, code } of mistakes)
      expect([file, line > 2, code !== ""]).toEqual([file, true, true]);
  });

  it.each(bySerin.map((mistake) => [mistake.file, mistake] as const))("%s", async (_, mistake) => {
    const answer = await validated(mistake, "--no-envoy");
    const { file, code, key, path, line, strict } = mistake;
    const severity = strict ? "warning" : "error";
    const told = answer.diagnostics.filter((each) => each.severity === severity);
    const found = told.map((each) => ({ code: each.code, ...place(each) }));
    expect(found).toContainEqual({ code, key, path, file, line });
    expect(new Set(strict ? [key] : found.map((each) => each.key))).toEqual(new Set([key]));
    const table = await cli(["validate", "-f", file, "--no-envoy"]);
    expect(table.code).toBe(strict ? 0 : 1);
    const where = path === "" ? key : `${key}: ${path}`;
    expect(table.out).toContain(`${severity} ${code} ${where}: `);
    expect(table.out).toContain(`(${file}:${line}:`);
  });

  it.each(byEnvoy.map((mistake) => [mistake.file, mistake] as const))(
    "what a real Envoy rejects: %s",
    async (_, mistake) => {
      const answer = await validated(mistake);
      const { file, key, path, line } = mistake;
      const accused = answer.verdicts.flatMap((each) => each.accused.map(place));
      expect(accused).toEqual([{ key, path, file, line }]);
      expect(answer.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    },
  );
});
