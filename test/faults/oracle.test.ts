/** The oracle over records that are made up: one that is as it should be, and one for each way to be wrong. */
import { expect, it } from "vitest";
import type { SentAct } from "./etcd-act.ts";
import type { Revision } from "./journal.ts";
import { judge } from "./oracle.ts";
import type { WeightsJson } from "./recorded-values.ts";
import type { Story } from "./story.ts";

interface ActOf {
  readonly by?: string;
  readonly status?: object;
  readonly weights?: WeightsJson;
  readonly guards?: object;
  /** A person has spoken: there is a record though no weight changes. */
  readonly isTold?: boolean;
}

const release = "release of v2";
const [weightsKey, statusKey, guardsKey] = [
  "weights/web",
  "status/rollouts/web",
  "status/guards/web",
];

/** Writes a record as two replicas and people would. */
class Book {
  readonly revisions: Revision[] = [];
  readonly sent = new Map<string, SentAct[]>();
  readonly byHand = new Set<number>();
  readonly now = new Map<string, string>();
  #term = 0;
  #operations = 0;

  write(puts: Readonly<Record<string, unknown>>): number {
    const revision = this.revisions.length + 1;
    const texts = Object.entries(puts).map(
      ([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)] as const,
    );
    this.revisions.push({ revision, atMs: revision, puts: new Map(texts), deletes: [] });
    for (const [key, value] of texts) this.now.set(key, value);
    return revision;
  }

  hand(key: string, value: unknown): void {
    this.byHand.add(this.write({ [key]: value }));
  }

  lead(who: string): void {
    this.#term = this.write({ "status/controller": { who } });
  }

  /** The keys of an act of the next operation, with its record where it has one. */
  puts({ by = release, status, weights, guards, isTold = false }: ActOf): Record<string, unknown> {
    this.#operations += 1;
    const operation = `op-${this.#operations}`;
    const puts: Record<string, unknown> = {};
    if (status !== undefined) puts[statusKey] = { ...status, operation };
    if (weights !== undefined) puts[weightsKey] = JSON.stringify(weights);
    if (guards !== undefined) puts[guardsKey] = JSON.stringify({ ...guards, operation });
    const changes = [weightsKey, guardsKey].flatMap((key) =>
      key in puts ? [{ key, before: this.now.get(key) ?? null, after: puts[key] }] : [],
    );
    if (changes.length > 0 || isTold) puts[`history/web/${operation}`] = { by, why: "so", changes };
    return puts;
  }

  send(replica: string, puts: Readonly<Record<string, unknown>>, term = this.#term): void {
    const record = Object.keys(puts).find((key) => key.startsWith("history/"));
    const status = puts[statusKey] as { readonly operation: string } | undefined;
    const operation = record?.slice("history/web/".length) ?? status?.operation ?? "";
    const act: SentAct = { operation, term, puts: new Map() };
    this.sent.set(replica, [...(this.sent.get(replica) ?? []), act]);
  }

  act(replica: string, what: ActOf): void {
    const puts = this.puts(what);
    this.send(replica, puts);
    this.write(puts);
  }

  /** The next step of the plan, as far as it writes. */
  step(replica: string, step: number, percent: number): void {
    const status = { step, canaryPercent: percent, phase: "Progressing" };
    const weights = { v1: 100 - percent, v2: percent };
    this.act(replica, { status: { ...status, writtenRevision: "this" }, weights });
    this.act(replica, { status: { ...status, writtenRevision: "9", reachedMs: 9 } });
  }

  abort(replica: string, step: number, by = release): void {
    const status = { step, canaryPercent: 0, phase: "Degraded", aborted: { by } };
    const weights = { v1: 100, v2: 0 };
    this.act(replica, { by, status: { ...status, writtenRevision: "this" }, weights });
  }

  judged(ends: Story["ends"]): readonly string[] {
    return judge({
      ...{ revisions: this.revisions, sent: this.sent, byHand: this.byHand },
      people: new Set(["ann", "bob"]),
      ...{ stable: "v1", canary: "v2", planned: [5, 20], ends },
    });
  }
}

/** Begun by `a`, which has written the first step. */
function begun(): Book {
  const book = new Book();
  book.hand(weightsKey, { v1: 100, v2: 0 });
  book.hand("rollouts/web", {});
  book.lead("a");
  book.act("a", { status: { step: 0, canaryPercent: 0, phase: "Progressing" } });
  book.step("a", 0, 5);
  return book;
}

const entered = { step: 1, canaryPercent: 5, phase: "Progressing" };

function completed(book: Book, replica: string): Book {
  book.act(replica, { status: entered });
  book.step(replica, 1, 20);
  book.act(replica, { status: { ...entered, step: 2 } });
  book.step(replica, 2, 100);
  book.act(replica, { status: { step: 2, canaryPercent: 100, phase: "Healthy" } });
  return book;
}

it("has nothing against a release that another replica completes, and a late act that lost", () => {
  const book = begun();
  book.send("a", book.puts({ status: entered }));
  book.lead("b");
  expect(completed(book, "b").judged("complete")).toEqual([]);
});

it("has nothing against an abort, and edits before and behind it", () => {
  const book = begun();
  book.hand(weightsKey, { v1: 70, v2: 30 });
  book.abort("a", 0);
  book.hand(weightsKey, { v1: 50, v2: 50 });
  book.lead("b");
  const status = { step: 0, canaryPercent: 0, phase: "Degraded", aborted: { by: release } };
  book.act("b", { status: { ...status, writtenRevision: "9", reachedMs: 9 } });
  expect(book.judged("aborted")).toEqual([]);
});

it("has nothing against a step that is written anew over an edit, when a person has said so", () => {
  const book = begun();
  book.hand(weightsKey, { v1: 70, v2: 30 });
  const status = { step: 0, canaryPercent: 5, phase: "Paused", waits: { for: "WeightsChanged" } };
  book.act("a", { status });
  book.act("b", { by: "ann", status: { ...status, phase: "Progressing" }, isTold: true });
  book.step("a", 0, 5);
  expect(completed(book, "a").judged("complete")).toEqual([]);
});

it("has nothing against a guard's trip", () => {
  const book = new Book();
  book.hand(weightsKey, { v1: 80, v2: 20 });
  book.lead("a");
  const latched = { latched: { v2: {} }, retried: {} };
  book.act("a", { by: "guard http-5xx", guards: latched, weights: { v1: 80, v2: 0 } });
  book.hand(weightsKey, { v1: 50, v2: 50 });
  expect(book.judged("latched")).toEqual([]);
});

interface PlantedBug {
  readonly bug: string;
  readonly told: string;
  plant(book: Book): void;
  readonly ends?: Story["ends"];
}

const planted: readonly PlantedBug[] = [
  {
    bug: "a new leader writes a step once more",
    told: "step 0 is done once",
    plant: (book) => {
      book.lead("b");
      book.step("b", 0, 5);
      completed(book, "b");
    },
  },
  {
    bug: "a step is left out",
    told: "from step 0 to step 2",
    plant: (book) => book.step("a", 2, 100),
  },
  {
    bug: "a weight that is nothing of the plan",
    told: "v2 at 33 % is nothing of the plan",
    plant: (book) => {
      book.act("a", { status: entered });
      book.step("a", 1, 33);
    },
  },
  {
    bug: "a weight without its record",
    told: "has its record in the same revision",
    plant: (book) => {
      const puts = book.puts({ status: entered, weights: { v1: 80, v2: 20 } });
      book.send("a", puts);
      delete puts[Object.keys(puts).find((key) => key.startsWith("history/")) ?? ""];
      book.write(puts);
    },
  },
  {
    bug: "a weight without its status",
    told: "no weight without its status",
    plant: (book) => book.act("a", { weights: { v1: 80, v2: 20 } }),
  },
  {
    bug: "an act that was decided upon other weights than it found",
    told: "decided upon what was there",
    plant: (book) => {
      const puts = book.puts({ status: entered, weights: { v1: 100, v2: 0 } });
      book.hand(weightsKey, { v1: 70, v2: 30 });
      book.send("a", puts);
      book.write(puts);
    },
  },
  {
    bug: "a leader that was deposed writes",
    told: "a acted while b led",
    plant: (book) => {
      book.lead("b");
      book.act("a", { status: entered });
    },
  },
  {
    bug: "an act of an earlier term is done in a later one of the same replica",
    told: "an act of term 3 was done in term 9",
    plant: (book) => {
      const late = book.puts({ status: entered });
      book.send("a", late);
      book.lead("b");
      book.write({ unrelated: 1 });
      book.lead("a");
      book.write(late);
    },
  },
  {
    bug: "an act is done, and sent once more by another replica",
    told: "and not 2 times",
    plant: (book) => {
      const puts = book.puts({ status: entered });
      book.send("b", puts);
      book.send("a", puts);
      book.write(puts);
    },
  },
  {
    bug: "an act is done twice",
    told: "is done once",
    plant: (book) => {
      const puts = book.puts({ status: entered });
      book.send("a", puts);
      book.write(puts);
      book.write(puts);
    },
  },
  {
    bug: "an aborted release advances",
    told: "an aborted release never advances",
    plant: (book) => {
      book.abort("a", 0);
      book.step("a", 0, 20);
    },
    ends: "aborted",
  },
  {
    bug: "an abort is forgotten",
    told: "an abort stays until `retry`",
    plant: (book) => {
      book.abort("a", 0);
      book.act("a", { status: { step: 0, canaryPercent: 0, phase: "Progressing" } });
    },
    ends: "aborted",
  },
  {
    bug: "nobody aborts",
    told: "one abort, and not 0",
    plant: () => undefined,
    ends: "aborted",
  },
  {
    bug: "an edit during a rollback is overwritten",
    told: "a person's edit during a rollback is never overwritten",
    plant: (book) => {
      book.abort("a", 0);
      book.hand(weightsKey, { v1: 50, v2: 50 });
      const status = { step: 0, canaryPercent: 0, phase: "Degraded", aborted: { by: release } };
      book.act("a", { status, weights: { v1: 100, v2: 0 } });
    },
    ends: "aborted",
  },
  {
    bug: "an edit is overwritten by a step",
    told: "nothing goes forward over a person's edit",
    plant: (book) => {
      book.hand(weightsKey, { v1: 70, v2: 30 });
      book.act("a", { status: entered });
      book.step("a", 1, 20);
    },
  },
  {
    bug: "an abort takes from others as well",
    told: "what a person gave v3 stays",
    plant: (book) => {
      book.hand(weightsKey, { v1: 50, v2: 10, v3: 40 });
      book.abort("a", 0);
    },
    ends: "aborted",
  },
  {
    bug: "the weights of an edit without the canary are written anew",
    told: "an edit without the canary stays",
    plant: (book) => {
      book.hand(weightsKey, { v1: 3, v2: 0 });
      book.abort("a", 0);
    },
    ends: "aborted",
  },
  {
    bug: "a release stands still",
    told: "the release is complete",
    plant: () => undefined,
  },
];

it.each(planted)("finds it when $bug", ({ plant, told, ends = "complete" }) => {
  const book = begun();
  plant(book);
  expect(book.judged(ends)).toContainEqual(expect.stringContaining(told));
});
