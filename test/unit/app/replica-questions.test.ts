import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Question } from "../../../src/admin/replicas.ts";
import { EntryTaps } from "../../../src/app/entry-taps.ts";
import { membersFolder, replicasFolder } from "../../../src/app/replica-folders.ts";
import { decodeWords } from "../../../src/app/replica-question-codec.ts";
import { ReplicaQuestions } from "../../../src/app/replica-questions.ts";
import { limits } from "../../../src/config/limits.ts";
import type { Behind } from "../../../src/index.ts";
import { err } from "../../../src/lib/result.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/store.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { pass } from "../../support/settle.ts";

const { questions: most, memberTtlSeconds } = limits.replicas;
const never = new AbortController().signal;

let clock: FakeClock;
let store: MemoryStore;
let open: ReplicaQuestions[];

beforeEach(() => {
  clock = new FakeClock();
  store = new MemoryStore({ clock });
  open = [];
});

afterEach(async () => {
  await Promise.all(open.map((each) => each.close()));
  await store.close();
});

interface Lab {
  readonly questions: ReplicaQuestions;
  /** From now on it reads and writes the store no more, and does not know it. */
  cutOff(on: boolean): void;
  /** Whether its one proxy has accepted everything. */
  isLate: boolean;
  revision: bigint;
  reviews: number;
}

function replica(name: string, place?: string): Lab {
  const taps = new EntryTaps();
  let isCutOff = false;
  const missed: (() => void)[] = [];
  const told = (what: () => void): void => {
    if (isCutOff) missed.push(what);
    else what();
  };
  store.watch({
    start: (state) => told(() => taps.start(state)),
    change: (change) => told(() => taps.change(change)),
    health: () => undefined,
  });
  const away = err({ kind: "unavailable", message: "away" } as const);
  const reached: Pick<Store, "lease" | "transact"> = {
    async lease(ttl) {
      if (isCutOff) return away;
      const granted = await store.lease(ttl);
      if (!granted.ok) return granted;
      const { value } = granted;
      const keepAlive = async () => (isCutOff ? away : value.keepAlive());
      const revoke = async () => (isCutOff ? away : value.revoke());
      return { ok: true, value: { ...value, keepAlive, revoke } };
    },
    transact: async (transaction) => (isCutOff ? away : store.transact(transaction)),
  };
  const stream = {
    node: { id: `${name}-edge` },
    peer: "-",
    openedAtMs: 0,
    types: [],
  } as unknown as Behind["stream"];
  const lab: Lab = {
    isLate: false,
    revision: 1_000n,
    reviews: 0,
    cutOff(on) {
      isCutOff = on;
      if (!on) for (const what of missed.splice(0)) what();
    },
    questions: new ReplicaQuestions({
      ...{ store: reached, clock, taps, replica: name, place },
      revision: () => lab.revision,
      xds: {
        applied: () => new Promise(() => undefined),
        behind: () => (lab.isLate ? [{ stream, types: undefined }] : []),
        review: () => {
          lab.reviews += 1;
        },
        streams: () => [stream],
      },
      onTrouble: () => undefined,
    }),
  };
  open.push(lab.questions);
  return lab;
}

const progressOf = (question: Question, of: string) => question.progress().get(of);

const words = async (name: string) => {
  const entry = await store.get(replicasFolder + name);
  return decodeWords((entry.ok && entry.value?.value) || new Uint8Array());
};

describe("a question to other replicas", () => {
  it("is answered by what is so after it was asked, never by what was answered before", async () => {
    const [a, b] = [replica("a"), replica("b")];
    await pass(clock, 100);
    const first = a.questions.ask(7n);
    await pass(clock, 100);
    expect(progressOf(first, "b")).toMatchObject({ progress: "applied", proxies: 1, accepted: 1 });
    first.end();
    b.isLate = true;
    // The old answer may still be in the store when the next wait begins.
    const second = a.questions.ask(7n);
    expect(progressOf(second, "b")).toMatchObject({ progress: "pending", proxies: 0 });
    await pass(clock, 100);
    expect(progressOf(second, "b")).toMatchObject({ progress: "pending", proxies: 1, accepted: 0 });
    // One that was asked before is answered by later ones as well.
    const third = a.questions.ask(7n);
    b.isLate = false;
    await pass(clock, 2 * limits.replicas.lookMs);
    expect(progressOf(second, "b")).toMatchObject({ progress: "applied" });
    expect(progressOf(third, "b")).toMatchObject({ progress: "applied" });
  });

  it("that one replica answers is told when it has, whatever the answer", async () => {
    const [a, b] = [replica("a"), replica("b")];
    b.isLate = true;
    await pass(clock, 100);
    const question = a.questions.ask(7n);
    let isAnswered = false;
    const answered = question.answered(never).then(() => {
      isAnswered = true;
    });
    expect(isAnswered).toBe(false);
    await pass(clock, 100);
    await answered;
    expect(progressOf(question, "b")).toMatchObject({ progress: "pending", proxies: 1 });
  });

  it("is given up by who has little time, where nobody answers", async () => {
    const [a, b] = [replica("a"), replica("b")];
    await pass(clock, 100);
    b.cutOff(true);
    let isAnswered = false;
    void a.questions
      .ask(7n)
      .answered(never)
      .then(() => {
        isAnswered = true;
      });
    await pass(clock, limits.replicas.answerMs - 50);
    expect(isAnswered).toBe(false);
    await pass(clock, 100);
    expect(isAnswered).toBe(true);
  });

  it("is not put before its revision is in force here", async () => {
    const a = replica("a");
    replica("b");
    await pass(clock, 100);
    const question = a.questions.ask(1_001n);
    await pass(clock, 100);
    expect((await words("a")).asks).toEqual([]);
    expect(progressOf(question, "b")).toMatchObject({ progress: "pending" });
    a.revision = 1_001n;
    a.questions.advanced();
    await pass(clock, 100);
    expect((await words("a")).asks).toMatchObject([{ revision: 1_001n }]);
  });

  it("has its turn, however much another replica asks", async () => {
    const [loud, quiet] = [replica("a"), replica("b")];
    replica("c");
    await pass(clock, 100);
    for (let at = 1; at <= 2 * most; at += 1) loud.questions.ask(BigInt(at));
    await pass(clock, 100);
    expect((await words("c")).answers.size).toBe(most);
    const question = quiet.questions.ask(900n);
    await pass(clock, 100);
    expect(progressOf(question, "c")).toMatchObject({ progress: "applied" });
    expect((await words("c")).answers.size).toBe(most);
  });
});

describe("a replica that has gone", () => {
  it("without a word is not heard of, until it is back", async () => {
    const [a, b] = [replica("a"), replica("b")];
    await pass(clock, 100);
    const question = a.questions.ask(7n);
    await pass(clock, 100);
    expect(progressOf(question, "b")).toMatchObject({ progress: "applied" });
    b.cutOff(true);
    await pass(clock, 30_000);
    const lost = progressOf(question, "b");
    expect(lost).toMatchObject({ progress: "pending", proxies: 0 });
    expect(lost?.behind[0]).toMatchObject({ node: "all its proxies", status: "UNKNOWN" });
    expect(lost?.behind[0]?.message).toMatch(/^the replica is not heard of for \d\d s or more/);
    expect(a.questions.size).toBe(1);
    b.cutOff(false);
    await pass(clock, 10_000);
    expect(progressOf(question, "b")).toMatchObject({ progress: "applied", proxies: 1 });
  });

  it("without a word is lost to one that starts later as well, and forgotten in the end", async () => {
    const b = replica("b");
    await pass(clock, 100);
    b.cutOff(true);
    await pass(clock, 15_000);
    const question = replica("a").questions.ask(7n);
    await pass(clock, 100);
    expect(progressOf(question, "b")).toMatchObject({ progress: "pending" });
    await pass(clock, memberTtlSeconds * 1_000);
    expect([...question.progress()]).toEqual([]);
  });

  it("in an orderly way leaves nothing behind", async () => {
    const [a, b] = [replica("a"), replica("b")];
    await pass(clock, 100);
    const question = a.questions.ask(7n);
    await b.questions.close();
    await pass(clock, 100);
    expect([...question.progress()]).toEqual([]);
    expect((await store.list(membersFolder)).ok && a.questions.size).toBe(0);
  });

  it("is forgotten once another one has its port", async () => {
    const old = replica("old", "here");
    const a = replica("a", "elsewhere");
    await pass(clock, 100);
    old.cutOff(true);
    const next = replica("next", "here");
    await pass(clock, 15_000);
    const question = a.questions.ask(7n);
    // It may be about to fail, because the port is taken.
    expect(progressOf(question, "old")).toMatchObject({ progress: "pending" });
    a.questions.opened();
    next.questions.opened();
    await pass(clock, 100);
    expect([...question.progress().keys()]).toEqual(["next"]);
  });
});

describe("a replica itself", () => {
  it("is known once the store has its keys, and not before", async () => {
    const a = replica("a");
    a.cutOff(true);
    let isKnown = false;
    void a.questions.known.then(() => {
      isKnown = true;
    });
    const b = replica("b");
    a.cutOff(true);
    await pass(clock, 5_000);
    // Its proxies have its weights, and it can ask nobody.
    expect({ isKnown, doubt: a.questions.doubt() }).toEqual({
      isKnown: false,
      doubt: expect.stringContaining("out of touch with the store"),
    });
    a.cutOff(false);
    await pass(clock, 5_000);
    expect({ isKnown, doubt: a.questions.doubt() }).toEqual({ isKnown: true, doubt: undefined });
    expect([...b.questions.ask(7n).progress().keys()]).toEqual(["a"]);
  });

  it("has doubts when its lease may have ended, and looks again when it has one", async () => {
    const a = replica("a");
    await pass(clock, 100);
    expect(a.questions.doubt()).toBeUndefined();
    a.cutOff(true);
    await pass(clock, 15_000);
    expect(a.questions.doubt()).toBeDefined();
    const { reviews } = a;
    a.cutOff(false);
    await pass(clock, 5_000);
    expect(a.questions.doubt()).toBeUndefined();
    expect(a.reviews).toBeGreaterThan(reviews);
  });
});
