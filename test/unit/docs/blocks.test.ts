import { describe, expect, it } from "vitest";
import { documentsWithBlocks } from "../../support/docs/documents.ts";
import { isAsShown } from "../../support/docs/expected-output.ts";
import { readPage } from "../../support/docs/page.ts";
import { logicalCommands } from "../../support/docs/shell-lines.ts";
import { readProjectFile } from "../../support/tracked.ts";

const pages = documentsWithBlocks().map((file) => ({
  file,
  page: readPage(readProjectFile(file)),
}));

describe("blocks of the documents", () => {
  it("are each a command, an object, or what a marker says", () => {
    const unclear = pages.flatMap(({ file, page }) =>
      page.unclear.map((each) => `${file}:${each}`),
    );
    expect(unclear).toEqual([]);
  });

  it("are left out for a reason, and these are all that are", () => {
    const notRun = pages.flatMap(({ file, page }) =>
      page.worlds.flatMap(({ steps }) =>
        steps.flatMap((step) => (step.kind === "notRun" ? [`${file}: ${step.why}`] : [])),
      ),
    );
    expect(notRun).toMatchInlineSnapshot(`
      [
        "README.md: test/integration/newcomer.test.ts runs it, but for the clone and the installation",
        "README.md: a line of \`npm start\`; test/integration/dev.test.ts sees it",
        "README.md: test/integration/newcomer.test.ts runs it",
        "README.md: a line of \`npm start\`; test/integration/newcomer.test.ts sees it",
        "README.md: it is what runs this test",
        "README.md: all commands below are run after it",
        "README.md: test/docker runs the compose file",
        "README.md: test/docker makes one",
        "bench/README.md: minutes, with Go and Java; test/integration/bench-quick.test.ts runs the first",
        "bench/README.md: minutes, with Go and Java",
        "docs/csds.md: names of methods",
        "docs/guides/grpc-clients.md: the client is yours; test/integration/grpc-clients.test.ts builds and runs four",
        "docs/health.md: of three Envoys; test/integration/verdicts.test.ts compares the table",
        "docs/health.md: of clients that ask; test/integration/probes.test.ts has them",
        "docs/import.md: there is no Kubernetes here; test/golden-import has such routes",
        "docs/library.md: test/integration/library.test.ts runs it, with the package installed",
        "docs/live.md: it does not end; test/unit/admin/events reads it",
        "docs/load.md: test/integration/load-reports.test.ts counts them",
        "docs/runbook.md: test/support/serin.ts (forget) does so",
        "docs/runbook.md: a line of the log",
        "docs/runbook.md: a line of the log",
        "docs/security.md: test/integration/admin-access.test.ts serves so",
        "docs/security.md: test/integration/admin-access.test.ts asks so",
        "docs/traces.md: an image of somebody else; test/integration/traces.test.ts has a collector of its own",
      ]
    `);
  });
});

const page = (...lines: readonly string[]) => readPage(lines.join("\n"));
const marker = (text: string): string => `<!-- test: ${text} -->`;

describe("a page", () => {
  it("has commands, and behind a blank line or a prompt what they print", () => {
    const { worlds, unclear } = page(
      marker("scene web"),
      "",
      "    npx serin get",
      "    npx serin status",
      "",
      "    NODE",
      "",
      "    CLUSTER",
      "",
      "    $ npx serin health web",
      "    npx is no command here",
    );
    expect(unclear).toEqual([]);
    expect(worlds).toEqual([
      {
        scene: "web",
        steps: [
          { kind: "command", line: 3, text: "npx serin get", code: 0 },
          { kind: "command", line: 4, text: "npx serin status", code: 0 },
          { kind: "output", line: 5, text: "NODE\n\nCLUSTER", command: "npx serin status" },
          { kind: "command", line: 10, text: "npx serin health web", code: 0 },
          {
            ...{ kind: "output", line: 11, text: "npx is no command here" },
            command: "npx serin health web",
          },
        ],
      },
    ]);
  });

  it("has commands that readers do not see, exit codes, and objects that are put", () => {
    const { worlds } = page(
      marker("run touch a"),
      marker("ends with 1: npx serin diff"),
      "",
      "    npx serin diff -f a",
      "",
      marker("put"),
      "",
      "    services/web  { a: 1 }",
      "    weights/web",
      "      v1: 1",
    );
    expect(worlds[0]?.steps).toEqual([
      { kind: "command", line: 1, text: "touch a", code: 0 },
      { kind: "command", line: 4, text: "npx serin diff -f a", code: 1 },
      { kind: "command", line: 8, text: "etcdctl put '/serin/services/web' '{ a: 1 }'", code: 0 },
      { kind: "command", line: 9, text: "etcdctl put '/serin/weights/web' '\n  v1: 1'", code: 0 },
    ]);
  });

  it.each([
    [["    what is this"], "1: neither a command nor an object: a marker has to say what it is"],
    [
      ["    npx serin get", "", "text", "", "    what is this"],
      "5: this may be what a command prints: say so by a marker, or that it is not run",
    ],
    [[marker("no reason"), "", "    npx serin get"], "3: marker at line 1 says nothing"],
    [[marker("not run: x"), "", "    npx serin get"], "3: marker at line 1 says nothing"],
    [[marker("run touch a"), "", "text"], '1: no block follows "run touch a"'],
  ])("is not clear: %j", (lines, what) => {
    expect(page(...lines).unclear).toEqual([what]);
  });
});

describe("lines of a shell", () => {
  it.each([
    [
      ["a", "b"],
      ["a", "b"],
    ],
    [
      ["put x '", "a: 1", "'", "b"],
      ["put x '\na: 1\n'", "b"],
    ],
    [
      ["a \\", "  b", "c |", "  d", "# of c", "e"],
      ["a \\\n  b", "c |\n  d", "e"],
    ],
    [
      ["a # isn't", 'echo "it\'s" \\"', "b"],
      ["a # isn't", 'echo "it\'s" \\"', "b"],
    ],
    [["for x in y; do", "z; done"], ["for x in y; do\nz; done"]],
  ])("%j", (lines, commands) => {
    expect(logicalCommands(lines).map(({ text }) => text)).toEqual(commands);
  });

  it("do not end within quotes", () => {
    expect(() => logicalCommands(["a 'b"])).toThrow("without an end");
  });
});

describe("what is shown and what is printed", () => {
  it.each([
    ["v2: 7 of 22 requests (14.4 %)", "v2: 31 of 98 requests (9 %)", true],
    ["v2: 7 of 22 requests", "v1: 7 of 22 requests", false],
    ["WEIGHTS  v1=80 v2=0", "WEIGHTS v1=80 v2=0", true],
    ["WEIGHTS  v1=80 v2=0", "WEIGHTS  v1=80 v2=20", false],
    ["edge-1  SYNCED NkX4qfUH 4s  SYNCED a 4s", "edge-1  SYNCED 04e2c1a3 12s  SYNCED b 40ms", true],
    ["edge-1  SYNCED NkX4qfUH 4s", "edge-1  STALE NkX4qfUH 4s", false],
    ["NOW  … (too little)", "NOW  anything (too little)", true],
    ["a\n\nb", "a\nb\n", true],
    ["a\nb", "a\nb\nc", false],
  ])("%j and %j", (shown, printed, same) => {
    expect(isAsShown(shown, printed)).toBe(same);
  });
});
