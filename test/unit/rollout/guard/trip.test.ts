import { describe, expect, it } from "vitest";
import type { Guard } from "../../../../src/model/guard.ts";
import type { ServiceName } from "../../../../src/model/names.ts";
import { looksOf } from "../../../../src/rollout/guard/guarded-service.ts";
import { figuresFor, type Trip, tripAct } from "../../../../src/rollout/guard/trip.ts";
import { decodeGuardStatus } from "../../../../src/store/decode/status-codec.ts";
import { noLatches } from "../../../../src/store/guard-status.ts";
import { entry } from "../../store/decode-entries.ts";
import { guard, requestsSeen, valueSeen } from "../judge/rules.ts";
import { jsonOf, subset } from "./guard-world.ts";

const webhook = { url: "http://127.0.0.1/", format: "generic", secretEnv: undefined } as const;
const onFailure = (changes: Partial<Guard["onFailure"]> = {}): Guard["onFailure"] => ({
  setWeight: 0,
  latch: true,
  alerts: [],
  ...changes,
});

const trip = (weights: Readonly<Record<string, number>>, changes: Partial<Trip> = {}): Trip => ({
  guard: guard({ onFailure: onFailure() }),
  subset: subset("v2"),
  nth: 0,
  service: {
    name: "web" as ServiceName,
    guards: [],
    subsets: [subset("v1"), subset("v2")],
    usable: new Set([subset("v1"), subset("v2")]),
    weights: Object.entries(weights).map(([name, weight]) => ({ subset: subset(name), weight })),
  },
  reason: "v2: it fails",
  figures: {},
  entries: new Map([["weights/web", entry("weights/web", weights, 7n)]]),
  status: noLatches,
  operation: "op",
  atMs: 5,
  ...changes,
});

/** What it writes, by key. */
const written = (of: Trip): Readonly<Record<string, unknown>> | undefined => {
  const act = tripAct(of);
  return (
    act &&
    Object.fromEntries(
      act.writes.map((write) => [
        write.key,
        write.kind === "put" ? jsonOf(entry(write.key, write.value)) : "deleted",
      ]),
    )
  );
};

const latch = { atMs: 5, guard: "http-5xx", evidence: "v2: it fails" };
const status = { latched: { v2: latch }, retried: {}, operation: "op" };

describe("the act of a guard that trips", () => {
  it("takes the weight, latches, and rests on all that it was decided upon", () => {
    expect(written(trip({ v1: 90, v2: 10 }))).toEqual({
      "weights/web": { v1: 90, v2: 0 },
      "status/guards/web": status,
    });
    const act = tripAct(trip({ v1: 90, v2: 10 }));
    expect(act).toMatchObject({ by: "guard http-5xx", why: "v2: it fails", service: "web" });
    expect(act?.read.map(({ key, entry: read }) => [key, read?.modRevision])).toEqual([
      ["services/web", undefined],
      ["rollouts/web", undefined],
      ["weights/web", 7n],
      ["status/guards/web", undefined],
    ]);
  });

  it("only latches a version without weight, which routes may name all the same", () => {
    expect(written(trip({ v1: 100, v2: 0 }))).toEqual({ "status/guards/web": status });
  });

  it("keeps other latches, and when versions were brought back", () => {
    const before = {
      latched: new Map([[subset("v3"), { atMs: 1, guard: "other", evidence: "e" }]]),
      retried: new Map([[subset("v2"), 3]]),
      operation: "before",
    };
    expect(written(trip({ v1: 100, v2: 0 }, { status: before }))).toEqual({
      "status/guards/web": {
        latched: { v3: { atMs: 1, guard: "other", evidence: "e" }, v2: latch },
        retried: { v2: 3 },
        operation: "op",
      },
    });
  });

  it("takes the weight alone where the guard does not latch, and then has nothing to do", () => {
    const without = { guard: guard({ onFailure: onFailure({ latch: false }) }) };
    expect(written(trip({ v1: 90, v2: 10 }, without))).toEqual({
      "weights/web": { v1: 90, v2: 0 },
    });
    expect(tripAct(trip({ v1: 90, v2: 0 }, without))).toBeUndefined();
  });

  it("leaves what setWeight says, and the alert tells so", () => {
    const alerts = [{ severity: "warn", webhook }] as const;
    const most = { guard: guard({ onFailure: onFailure({ setWeight: 5, latch: false, alerts }) }) };
    const act = tripAct(trip({ v1: 80, v2: 20 }, most));
    expect(written(trip({ v1: 80, v2: 20 }, most))).toEqual({
      "weights/web": { v1: 7_600, v2: 400 },
    });
    const [note] = act?.notes ?? [];
    expect(note?.kind === "put" && jsonOf(entry(note.key, note.value))).toMatchObject({
      severity: "warn",
      title: "v2 has failed, and keeps 5 % of the traffic",
      text: "v2: it fails",
    });
    expect(tripAct(trip({ v1: 95, v2: 5 }, most))).toBeUndefined();
  });

  it("writes weights where there were none and tags decided", () => {
    const made = trip({ v1: 9_500, v2: 500 }, { entries: new Map() });
    expect(written(made)?.["weights/web"]).toEqual({ v1: 9_500, v2: 0 });
    expect(tripAct(made)?.read).toContainEqual({ key: "weights/web", entry: undefined });
  });

  it("gives the traffic of a canary that was released back to the stable version", () => {
    expect(written(trip({ v2: 100 }))?.["weights/web"]).toEqual({ v1: 100, v2: 0 });
  });

  it("keeps the latch readable, however long the sentence is", () => {
    const reason = `v2: ${"it fails, ".repeat(500)}`;
    const act = tripAct(trip({ v1: 90, v2: 10 }, { reason }));
    const write = act?.writes.find(({ key }) => key === "status/guards/web");
    const bytes = write?.kind === "put" ? write.value : new Uint8Array();
    const read = decodeGuardStatus(entry("status/guards/web", bytes));
    expect(read.ok && [...read.value.latched.keys()]).toEqual(["v2"]);
  });

  it("has an alert for each of those who are told", () => {
    const alerts = (["error", "info"] as const).map((severity) => ({ severity, webhook }));
    const act = tripAct(
      trip({ v1: 90, v2: 10 }, { guard: guard({ onFailure: onFailure({ alerts }) }) }),
    );
    expect(new Set(act?.notes?.map(({ key }) => key)).size).toBe(2);
    expect(act?.writes).toHaveLength(2);
  });
});

describe("the figures of the evidence", () => {
  it.each([
    [requestsSeen(3, 10), { requests: 10, errors: 3, reporters: 1, ageMs: 1_000 }],
    [
      requestsSeen(0, 0, { ageMs: undefined }),
      { requests: 0, errors: 0, reporters: 1, ageMs: null },
    ],
    [valueSeen(2.5, 9), { result: 2.5, ageMs: 9 }],
    [{ kind: "unavailable", subset: "v2", reason: "away" } as const, {}],
  ])("are %j", (measured, figures) => {
    expect(figuresFor(measured)).toEqual(figures);
  });
});

describe("whom a guard watches", () => {
  const of = (guards: readonly Guard[], names: readonly [string, ...string[]]) => {
    const [stable, ...others] = names;
    const { service } = trip({});
    const subsets = [subset(stable), ...others.map(subset)] as const;
    return looksOf({ ...service, guards, subsets }).map(({ subset: watched }) => watched);
  };

  it.each([
    ["all but the stable one", guard(), ["v1", "v2", "v3"] as const, ["v2", "v3"]],
    ["nobody where there is but one", guard(), ["v1"] as const, []],
    [
      "the one it names, the stable one too",
      guard({ subset: subset("v1") }),
      ["v1"] as const,
      ["v1"],
    ],
  ])("%s", (_, one, subsets, watched) => {
    expect(of([one], subsets)).toEqual(watched);
  });
});
