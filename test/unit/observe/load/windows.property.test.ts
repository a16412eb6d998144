/**
 * Replicas that count, tell, lose what they told, begin anew and go. Whatever happens, a look-back over
 * all of it has what every process told last, and a shorter one has what lies within it.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { ReplicaCounts } from "../../../../src/observe/load/replica-counts.ts";
import { LoadWindows } from "../../../../src/observe/load/windows.ts";
import { replica, subsetCounts } from "./counts.ts";

type Fate = "arrives" | "is lost" | "comes twice" | "is late";

type Event =
  | { readonly kind: "count"; readonly who: number; readonly ok: number; readonly errors: number }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "tell"; readonly who: number; readonly fate: Fate }
  | { readonly kind: "restart" | "gone"; readonly who: number };

interface Process {
  start: string;
  bornMs: number;
  seq: number;
  ok: number;
  errors: number;
  /** Told, and on its way for longer than what was told later. */
  late: ReplicaCounts | undefined;
}

/** What was counted between two values that arrived. */
interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly ok: number;
  readonly errors: number;
}

const who = fc.nat({ max: 2 });
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("count" as const),
      who,
      ok: fc.nat(20),
      errors: fc.nat(5),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(4_000) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("tell" as const),
      who,
      fate: fc.constantFrom<Fate>("arrives", "arrives", "is lost", "comes twice", "is late"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom("restart" as const, "gone" as const), who }),
  },
);

class World {
  readonly windows = new LoadWindows();
  readonly stretches: Stretch[] = [];
  /** The last value of each process that arrived. */
  readonly #arrived = new Map<string, { counts: ReplicaCounts; atMs: number }>();
  nowMs = 0;
  #born = 0;
  readonly #processes = [0, 1, 2].map(() => this.#process());

  #process(): Process {
    this.#born += 1;
    const start = `p${this.#born}`;
    return { start, bornMs: this.nowMs, seq: 0, ok: 0, errors: 0, late: undefined };
  }

  play(each: Event): void {
    if (each.kind === "pass") {
      this.nowMs += each.ms;
      return;
    }
    const process = this.#processes[each.who];
    if (process === undefined) throw new Error("no such replica");
    switch (each.kind) {
      case "count":
        process.ok += each.ok;
        process.errors += each.errors;
        return;
      case "tell":
        this.#tell(each.who, process, each.fate);
        return;
      case "restart":
        this.#processes[each.who] = this.#process();
        return;
      case "gone":
        this.windows.forget(`replica-${each.who}`);
        return;
    }
  }

  #tell(key: number, process: Process, fate: Fate): void {
    process.seq += 1;
    const { start, seq, ok, errors, bornMs } = process;
    const v1 = subsetCounts(ok, errors);
    const counts = replica(start, seq, { v1 }, { forMs: this.nowMs - bornMs });
    if (fate === "is late") {
      process.late = counts;
      return;
    }
    if (fate === "is lost") return;
    this.#arrive(key, counts);
    if (fate === "comes twice") this.#arrive(key, counts);
    if (process.late !== undefined) this.#arrive(key, process.late);
    process.late = undefined;
  }

  #arrive(key: number, counts: ReplicaCounts): void {
    expect(this.windows.take(`replica-${key}`, counts, this.nowMs)).toBeUndefined();
    const before = this.#arrived.get(counts.start);
    if (before !== undefined && before.counts.seq >= counts.seq) return;
    this.#arrived.set(counts.start, { counts, atMs: this.nowMs });
    const [now, then] = [counts, before?.counts].map((one) =>
      one?.services.get("web")?.subsets.get("v1"),
    );
    this.stretches.push({
      fromMs: before?.atMs ?? this.nowMs - (counts.services.get("web")?.forMs ?? 0),
      toMs: this.nowMs,
      ok: (now?.ok ?? 0) - (then?.ok ?? 0),
      errors: (now?.errors ?? 0) - (then?.errors ?? 0),
    });
  }

  /** Sums of the stretches for which `counts` holds. */
  sum(counts: (stretch: Stretch) => boolean): { readonly ok: number; readonly errors: number } {
    const all = this.stretches.filter(counts);
    const sum = (of: (one: Stretch) => number): number => all.reduce((n, one) => n + of(one), 0);
    return { ok: sum(({ ok }) => ok), errors: sum(({ errors }) => errors) };
  }
}

it("the sums of every look-back are those of what was told", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 120 }), fc.nat(60), (events, seconds) => {
      const world = new World();
      for (const each of events) world.play(each);
      const { windows, nowMs } = world;
      const whole = windows.signal("web", "v1", 600_000, nowMs).counts;
      expect(whole).toEqual(world.sum(() => true));

      // The second under way counts as one, and what came within a second is not told apart.
      const first = Math.floor(nowMs / 1_000) - Math.max(1, seconds) + 1;
      const { counts } = windows.signal("web", "v1", seconds * 1_000, nowMs);
      const inside = world.sum(({ fromMs }) => Math.floor(fromMs / 1_000) >= first);
      const touching = world.sum(({ toMs }) => Math.floor(toMs / 1_000) >= first);
      for (const kind of ["ok", "errors"] as const) {
        expect(counts[kind]).toBeGreaterThanOrEqual(inside[kind]);
        expect(counts[kind]).toBeLessThanOrEqual(touching[kind]);
      }
    }),
  );
});
