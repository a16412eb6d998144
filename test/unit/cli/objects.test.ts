import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { startedLab, webObjects } from "../../support/admin.ts";
import { selfSigned } from "../../support/certificates.ts";
import { type CliOptions, cli } from "../../support/cli.ts";

const root = mkdtempSync(join(tmpdir(), "serin-objects-"));
afterAll(() => rmSync(root, { recursive: true }));

let count = 0;
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = join(root, String(count++));
  for (const [path, text] of Object.entries({ ".keep": "", ...files })) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return folder;
}

const jsonFiles = (objects: Readonly<Record<string, object>>) =>
  Object.fromEntries(
    Object.entries(objects).map(([key, value]) => [`${key}.json`, JSON.stringify(value)]),
  );

interface Target {
  /** Revisions say something to the next command: not those of a folder. */
  readonly sharesRevisions: boolean;
  /** Runs a command against it. */
  run(argv: readonly string[], options?: CliOptions): ReturnType<typeof cli>;
  read(key: string): Promise<unknown>;
}

async function byApi(objects: Readonly<Record<string, object>>): Promise<Target> {
  const lab = await startedLab({ objects });
  return {
    sharesRevisions: true,
    run: (argv, options) => cli([...argv, "--admin", lab.url], options),
    read: async (key) => {
      const read = await lab.store.get(key);
      if (!read.ok || read.value === undefined) return undefined;
      return parse(Buffer.from(read.value.value).toString());
    },
  };
}

async function byStore(objects: Readonly<Record<string, object>>): Promise<Target> {
  const store = `file:${folderOf(jsonFiles(objects))}`;
  return {
    sharesRevisions: false,
    run: (argv, options) => cli([...argv, "--store", store], options),
    read: async (key) => {
      const [kind = "", ...name] = key.split("/");
      const { out } = await cli(["get", kind, name.join("/"), "-o", "json", "--store", store]);
      return out === "" ? undefined : (JSON.parse(out) as { value: unknown }).value;
    },
  };
}

const hook = "https://hooks.example.com/services/SECRET";
const objects = {
  ...webObjects,
  "services/web": { guard: [{ onFailure: { alerts: [{ webhook: { url: hook } }] } }] },
  "secrets/edge": selfSigned("edge"),
};

describe.each([
  ["the admin API", byApi],
  ["a store", byStore],
] as const)("objects through %s", (_, target) => {
  it("are shown: all, of a kind, of a service, one", async () => {
    const { run, sharesRevisions } = await target(objects);
    const all = await run(["get"]);
    expect(all).toMatchObject({ code: 0, err: "" });
    expect(all.out).toMatch(/^KEY +REVISION +VALUE\nendpoints\/web\/a +[-\d]+ +\{"address"/);
    expect(all.out).toMatch(/\nweights\/web +[-\d]+ +\{"v1":90,"v2":10\}\n/);
    expect((await run(["get", "endpoints", "web"])).out.split("\n")).toHaveLength(4);
    expect((await run(["get", "endpoint", "web/a", "-o", "json"])).out).toContain("127.0.0.1:8081");
    const one = await run(["get", "weights/web", "-o", "yaml"]);
    expect(parse(one.out)).toEqual({
      key: "weights/web",
      ...(sharesRevisions && { revision: expect.any(Number) }),
      value: webObjects["weights/web"],
    });
    const none = await run(["get", "weights", "other"]);
    expect(none).toMatchObject({ code: 1, out: "", err: "serin: there is no weights/other\n" });
    expect(await run(["get", "lanes"])).toMatchObject({ code: 0, out: "" });
    for (const argv of [["get"], ["get", "-o", "json"], ["get", "secrets", "edge", "-o", "yaml"]]) {
      const { out } = await run(argv);
      expect(out).not.toContain("SECRET");
      expect(out).not.toContain("PRIVATE KEY");
      expect(out).toContain("[redacted]");
    }
  });

  it("are created, changed and left alone, each with its line", async () => {
    const { run, read } = await target(webObjects);
    const folder = folderOf({
      "weights/web.yaml": "# the same\nv2: 10\nv1: 90\n",
      "manifests.yaml":
        "kind: HTTPRoute\nmetadata: { name: web }\nspec: { rules: [] }\n---\nendpoints/web/c: { address: '127.0.0.1:8083' }\n",
      "endpoints/web/a.yaml": "address: 127.0.0.1:9999\nversion: v1\n",
      "status/guards/web.json": "{}",
    });
    const dry = await run(["apply", "-f", folder, "--dry-run"]);
    expect(dry.out).toBe(
      "endpoints/web/a configured (dry run)\nendpoints/web/c created (dry run)\n" +
        "weights/web unchanged (dry run)\nroutes/web created (dry run)\n",
    );
    expect(await read("routes/web")).toBeUndefined();
    const { code, out, err } = await run(["apply", "-f", folder]);
    expect(code).toBe(0);
    expect(err).toMatch(/^status\/guards\/web left out: serin keeps it \(/);
    expect(out).toMatch(
      /^endpoints\/web\/a configured at revision \d+\nendpoints\/web\/c created at revision \d+\nweights\/web unchanged at revision \d+\nroutes\/web created at revision \d+\n$/,
    );
    expect(await read("endpoints/web/a")).toEqual({ address: "127.0.0.1:9999", version: "v1" });
    const again = await run(["apply", "-f", folder, "-o", "json"]);
    const results = (JSON.parse(again.out) as { result: string }[]).map(({ result }) => result);
    expect(results).toEqual(["unchanged", "unchanged", "unchanged", "unchanged"]);
  });

  it("are waited for, where that is asked for", async () => {
    const { run, sharesRevisions } = await target(webObjects);
    const stdin = "weights/web: { v1: 5, v2: 5 }\nendpoints/web/c: { address: '127.0.0.1:8083' }\n";
    const wait = ["--wait", "--timeout", "100ms"];
    const nobody = await run(["apply", "-f", "-", ...wait], { stdin });
    if (!sharesRevisions) {
      expect(nobody.code).toBe(2);
      expect(nobody.err).toContain("--wait needs revisions that the server shares");
      return;
    }
    expect(nobody.code).toBe(3);
    expect(nobody.out).toMatch(/^endpoints\/web\/c created .*\nweights\/web configured .*\n$/);
    const none = ["--min-proxies", "0"];
    const again = await run(["apply", "-f", "-", ...wait, ...none], { stdin });
    expect(again.code).toBe(0);
    expect(again.out).toMatch(/unchanged at revision \d+\naccepted by 0 proxies in \d+ ms\n$/);
    const gone = await run(["delete", "weights", "web", ...wait, ...none]);
    expect(gone.code).toBe(0);
    expect(gone.out).toMatch(/^weights\/web deleted .*\naccepted by 0 proxies in \d+ ms\n$/);
    const dry = await run(["apply", "-f", "-", ...wait, "--dry-run"], { stdin });
    expect(dry).toMatchObject({ code: 0, err: "" });
  });

  it("are all judged before one is written", async () => {
    const { run, read } = await target(webObjects);
    const stdin = "weights/web: { v1: 1 }\nroutes/web: { rules: 7 }\nweight/x: { v1: 1 }\n";
    const refused = await run(["apply", "-f", "-"], { stdin });
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toContain("error: routes/web: rules: expected a list, got 7 (-:2:15)\n");
    expect(refused.err).toContain('did you mean "weights/"?');
    expect(refused.err).toContain("serin: nothing was written\n");
    expect(await read("weights/web")).toEqual(webObjects["weights/web"]);
    const shown = await run(["get", "services"], { stdin });
    expect(shown.code).toBe(0);
  });

  it("are not written over what was read before somebody else wrote", async () => {
    const { run, read, sharesRevisions } = await target(webObjects);
    const { out: stale } = await run(["get", "weights", "-o", "yaml"]);
    expect((await run(["apply", "-f", "-"], { stdin: "weights/web: { v1: 5 }" })).code).toBe(0);
    const late = await run(["apply", "-f", "-"], { stdin: stale });
    expect(late.code).toBe(sharesRevisions ? 1 : 0);
    if (sharesRevisions) {
      expect(late.err).toMatch(/weights\/web was read at revision \d+, and is at revision \d+/);
      expect(await read("weights/web")).toEqual({ v1: 5 });
    }
    const { out: fresh } = await run(["get", "weights", "web", "-o", "json"]);
    const changed = fresh.replace(/"v1": \d+/, '"v1": 6');
    expect((await run(["apply", "-f", "-"], { stdin: changed })).code).toBe(0);
    expect(await read("weights/web")).toMatchObject({ v1: 6 });
  });

  it("with what is shown in a secret's place are refused", async () => {
    const { run } = await target(objects);
    const { out } = await run(["get", "services", "-o", "yaml"]);
    const back = await run(["apply", "-f", "-"], { stdin: out });
    expect(back.code).toBe(1);
    expect(back.err).toContain("guard[0].onFailure.alerts[0].webhook.url: a secret");
  });

  it("are removed by name and by file, and told of in the history", async () => {
    const { run, read } = await target(objects);
    const one = await run(["delete", "weights", "web", "--by", "ann", "--why", "INC-1"]);
    expect(one.code).toBe(0);
    expect(one.out).toMatch(/^weights\/web deleted at revision \d+\n$/);
    expect(await read("weights/web")).toBeUndefined();
    const again = await run(["delete", "weights/web"]);
    expect(again).toMatchObject({ code: 1, err: "serin: there is no weights/web\n" });
    const history = await run(["history", "web"]);
    expect(history.out).toMatch(/ann +INC-1/);
    const folder = folderOf({
      "weights/web.yaml": "v1: 1\n",
      "endpoints/web/a.yaml": "address: x\n",
    });
    const files = await run(["delete", "-f", folder, "--ignore-not-found"]);
    expect(files).toMatchObject({ code: 0, err: "serin: there is no weights/web\n" });
    expect(files.out).toMatch(/^endpoints\/web\/a deleted/);
    for (const argv of [
      ["delete"],
      ["delete", "weights"],
      ["delete", "weights", "web", "-f", folder],
      ["delete", "weight/web", "web"],
      ["apply"],
      ["get", "wieghts"],
    ]) {
      expect((await run(argv)).code, argv.join(" ")).toBe(2);
    }
  });
});

describe("files of objects", () => {
  const examples = readdirSync("examples", { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

  it.each(examples)("examples/%s can be applied, and differs in nothing then", async (name) => {
    const store = ["--store", `file:${folderOf({})}`];
    const files = ["-f", `examples/${name}`];
    const applied = await cli(["apply", ...files, "-o", "json", ...store]);
    expect(applied).toMatchObject({ code: 0, err: "" });
    const results = (JSON.parse(applied.out) as { result: string }[]).map(({ result }) => result);
    expect(new Set(results)).toEqual(new Set(["created"]));
    expect(await cli(["diff", ...files, ...store])).toMatchObject({ code: 0, out: "" });
    expect((await cli(["plan", ...files, ...store])).code).toBe(0);
  });

  it("may lie deep in a folder, and lose nothing there", async () => {
    const store = ["--store", `file:${folderOf({})}`];
    const deep = folderOf({ "team/weights/web.yaml": "v1: 1\n" });
    const { out } = await cli(["apply", "-f", deep, ...store]);
    expect(out).toMatch(/^weights\/web created/);
    const many = Array.from(
      { length: 30 },
      (_, n) => `weights/m${n}: { v1: 1 } # ${"x".repeat(40_000)}`,
    );
    const text = many.join("\n---\n");
    const long = folderOf({ "many.yaml": text });
    const refused = await cli(["apply", "-f", long, ...store]);
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toContain("many.yaml has more than 1048576 bytes; name it by itself");
    const whole = await cli(["apply", "-f", join(long, "many.yaml"), ...store]);
    expect(whole.out.split("\n")).toHaveLength(many.length + 1);
  });
});
