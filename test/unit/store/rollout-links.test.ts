import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ServiceName } from "../../../src/model/names.ts";
import { createDecoder, type Decoded } from "../../../src/store/decode/decoder.ts";
import type { Entry } from "../../../src/store/store.ts";
import { seed } from "../../support/seed.ts";
import { entry, storeState } from "./decode-entries.ts";

const metric = (name: string, count?: number) => ({
  name,
  failureCondition: "result.ratio5xx > 0.05",
  ...(count === undefined ? {} : { count }),
});
const template = (...metrics: readonly object[]) => ({ metrics });
const named = (...names: readonly string[]) => ({
  templates: names.map((templateName) => ({ templateName })),
});

/** A rollout with an analysis in its second step, and one beside. */
const rollout = (analysis: object, background?: object, more: object = {}) => ({
  strategy: {
    canary: {
      stableSubset: "v1",
      canarySubset: "v2",
      steps: [{ setWeight: 5 }, { analysis }],
      ...(background === undefined ? {} : { analysis: background }),
    },
  },
  ...more,
});

const web = "rollouts/web";
const errors = "analysistemplates/errors";
const errorsEntry = entry(errors, template(metric("a", 3)));
const webEntry = entry(web, rollout(named("errors")));
const good = [errorsEntry, webEntry];

const rolloutIn = ({ state }: Decoded, service = "web") =>
  state.rollouts.get(service as ServiceName);

/** Names of the metrics of the step and of those beside, with what they count. */
function metricsIn(decoded: Decoded): string | undefined {
  const found = rolloutIn(decoded);
  if (found === undefined) return undefined;
  const inSteps = found.steps.flatMap((step) => (step.kind === "analysis" ? step.metrics : []));
  return [inSteps, found.background.metrics]
    .map((metrics) => metrics.map(({ name, count }) => `${name}${count ?? ""}`).join("+"))
    .join(" | ");
}

const told = ({ diagnostics }: Decoded): readonly string[] =>
  diagnostics.map(
    ({ severity, code, key, revision, path, message }) =>
      `${severity} ${code} ${key}@${revision} ${path}: ${message}`,
  );

const fate = "the rollout stays as it was before, and one that is new does not begin";
const at = "strategy.canary.steps[1].analysis";
const missing = (revision: number, name = "", path = `${at}.templates[0].templateName`) =>
  `error REFERENCE_MISSING ${web}@${revision} ${path}: no template under analysistemplates/ has this name${name}: ${fate}`;

const start = (entries: readonly Entry[]) => {
  const decoder = createDecoder();
  return { decoder, first: decoder.start(storeState(entries)) };
};

describe("templates that a rollout names", () => {
  it("give it their metrics, before its own", () => {
    const entries = [
      entry(errors, template(metric("a", 3), metric("b", 4))),
      entry("analysistemplates/more", template(metric("c"))),
      entry(
        web,
        rollout(
          { ...named("errors"), metrics: [metric("d", 5)] },
          { ...named("more", "errors"), metrics: [metric("d")] },
        ),
      ),
    ];
    const { first } = start(entries);
    expect(told(first)).toEqual([]);
    expect(metricsIn(first)).toBe("a3+b4+d5 | c+a3+b4+d");
  });

  it("may come after it", () => {
    const { decoder, first } = start([entry(web, rollout(named("errors")))]);
    expect(rolloutIn(first)).toBeUndefined();
    expect(first.changedKeys).toEqual([]);
    expect(told(first)).toEqual([missing(1)]);
    const puts = [entry(errors, template(metric("a", 3)), 2n)];
    const second = decoder.change({ revision: 2n, puts, deletes: [] });
    expect(metricsIn(second)).toBe("a3 | ");
    expect(told(second)).toEqual([]);
    expect(second.changedKeys).toEqual([errors]);
  });

  it("change it when they change, and nothing else", () => {
    const other = entry("rollouts/shop", rollout({ metrics: [metric("x", 1)] }));
    const { decoder, first } = start([...good, other]);
    const puts = [entry(errors, template(metric("a", 7)), 2n)];
    const second = decoder.change({ revision: 2n, puts, deletes: [] });
    expect(metricsIn(second)).toBe("a7 | ");
    expect(rolloutIn(second)?.specHash).toBe(rolloutIn(first)?.specHash);
    expect(rolloutIn(second, "shop")).toBe(rolloutIn(first, "shop"));
    expect(second.state.services).toBe(first.state.services);
    const same = [entry(errors, template(metric("a", 7)), 3n), { ...webEntry, modRevision: 3n }];
    const third = decoder.change({ revision: 3n, puts: same, deletes: [] });
    expect(third.state.rollouts).toBe(second.state.rollouts);
    expect(third.state.analysisTemplates).toBe(second.state.analysisTemplates);
  });
});

describe("a template that is not there", () => {
  it("leaves a rollout as it was in force last, and says so of the rollout", () => {
    const { decoder, first } = start(good);
    const gone = decoder.change({ revision: 2n, puts: [], deletes: [errors] });
    expect(rolloutIn(gone)).toBe(rolloutIn(first));
    expect(gone.changedKeys).toEqual([errors]);
    expect(told(gone)).toEqual([missing(1)]);
    const rewritten = [{ ...webEntry, modRevision: 3n }];
    const again = decoder.change({ revision: 3n, puts: rewritten, deletes: [] });
    expect(told(again)).toEqual([missing(3)]);
    const edited = entry(web, rollout(named("eror"), undefined, { paused: true }), 4n);
    const other = decoder.change({ revision: 4n, puts: [edited], deletes: [] });
    expect(rolloutIn(other)).toBe(rolloutIn(first));
    expect(other.changedKeys).toEqual([]);
    expect(told(other)).toEqual([missing(4)]);
    const puts = [entry(errors, template(metric("z", 1)), 5n)];
    const back = decoder.change({ revision: 5n, puts, deletes: [] });
    expect(told(back)).toEqual([missing(4, ' (did you mean "errors"?)')]);
    expect(rolloutIn(back)).toBe(rolloutIn(first));
  });

  it("is guessed at by the names there are, whichever came first", () => {
    const { decoder } = start([entry(web, rollout(named("t9")))]);
    const later = ["t2", "t1"].map((name, n) => ({
      revision: BigInt(n + 2),
      puts: [entry(`analysistemplates/${name}`, template(metric("a", 1)))],
      deletes: [],
    }));
    const [second, third] = later.map((change) => told(decoder.change(change)));
    expect(second).toEqual([missing(1, ' (did you mean "t2"?)')]);
    expect(third).toEqual([missing(1, ' (did you mean "t1"?)')]);
  });

  it("does not keep what a key held before it was deleted and created anew", () => {
    const { decoder } = start(good);
    const anew = entry(web, rollout(named("nothing")), 3n, 3n);
    const change = decoder.change({ revision: 3n, puts: [anew], deletes: [web] });
    expect(rolloutIn(change)).toBeUndefined();
  });

  it("says nothing any more of a rollout that goes", () => {
    const { decoder } = start(good);
    decoder.change({ revision: 2n, puts: [], deletes: [errors] });
    const gone = decoder.change({ revision: 3n, puts: [], deletes: [web] });
    expect(told(gone)).toEqual([]);
    expect(gone.state.rollouts.size).toBe(0);
    expect(gone.changedKeys).toEqual([web]);
  });

  it("is looked for beside the steps as well, and under the spec of the long form", () => {
    const spec = rollout({ metrics: [metric("a", 1)] }, named("errors", "more"));
    const { first } = start([entry(web, { apiVersion: "serin/v1", kind: "Rollout", spec })]);
    expect(told(first)).toEqual(
      [0, 1].map((n) =>
        missing(1, "", `spec.strategy.canary.analysis.templates[${n}].templateName`),
      ),
    );
  });

  it("leaves alone a rollout whose newer value is refused", () => {
    const { decoder, first } = start(good);
    const bad = entry(web, { strategy: 5 }, 2n);
    const refused = decoder.change({ revision: 2n, puts: [bad], deletes: [] });
    expect(rolloutIn(refused)).toBe(rolloutIn(first));
    // The last good value names the template still, so it follows it.
    const puts = [entry(errors, template(metric("b", 1)), 3n)];
    expect(metricsIn(decoder.change({ revision: 3n, puts, deletes: [] }))).toBe("b1 | ");
  });
});

describe("a template that does not fit", () => {
  const wrong = (path: string, message: string) =>
    `error VALUE_INVALID ${web}@1 ${path}: ${message}: ${fate}`;
  it("has a metric without a count, in a step", () => {
    const { first } = start([entry(errors, template(metric("a"))), webEntry]);
    const message = "the metric a has no count, and a step has to end";
    expect(told(first)).toEqual([wrong(`${at}.templates[0].templateName`, message)]);
  });

  it("has a metric of the same name as another one", () => {
    const twice = rollout({ ...named("errors"), metrics: [metric("a", 1)] });
    const { first } = start([errorsEntry, entry(web, twice)]);
    const message = "a second metric a in one analysis";
    expect(told(first)).toEqual([wrong(`${at}.metrics`, message)]);
  });
});

const names = fc.constantFrom("t1", "t2", "t3");
const someTemplate = fc
  .tuple(fc.constantFrom("a", "b", "c"), fc.option(fc.constantFrom(1, 2), { nil: undefined }))
  .map(([name, count]) => template(metric(name, count)));
const someRollout = fc
  .tuple(fc.uniqueArray(names, { minLength: 1 }), fc.uniqueArray(names))
  .map(([inStep, beside]) =>
    rollout(named(...inStep), beside.length === 0 ? undefined : named(...beside)),
  );
const write = fc.oneof(
  fc.tuple(
    names.map((name) => `analysistemplates/${name}`),
    fc.option(someTemplate),
  ),
  fc.tuple(fc.constantFrom("rollouts/web", "rollouts/shop"), fc.option(someRollout)),
);

describe("whatever is written, in whatever order", () => {
  it(`says the same as a fresh look, and has the same where nothing is wrong (FC_SEED=${seed})`, () => {
    const property = fc.property(fc.array(write, { maxLength: 20 }), (writes) => {
      const decoder = createDecoder();
      decoder.start(storeState([]));
      const held = new Map<string, Entry>();
      for (const [n, [key, value]] of writes.entries()) {
        const revision = BigInt(n + 2);
        const known = held.get(key)?.createRevision ?? revision;
        const made = value === null ? undefined : entry(key, value, revision, known);
        if (made === undefined) held.delete(key);
        else held.set(key, made);
        const puts = made === undefined ? [] : [made];
        const now = decoder.change({ revision, puts, deletes: made === undefined ? [key] : [] });
        const fresh = createDecoder().start({ revision, entries: held });
        expect(told(now).toSorted()).toEqual(told(fresh).toSorted());
        expect(now.state.analysisTemplates).toEqual(fresh.state.analysisTemplates);
        for (const service of ["web", "shop"]) {
          const whole = rolloutIn(fresh, service);
          // Else it may have one that was in force before.
          if (whole !== undefined) expect(rolloutIn(now, service)).toEqual(whole);
          if (!held.has(`rollouts/${service}`)) expect(rolloutIn(now, service)).toBeUndefined();
        }
      }
    });
    fc.assert(property, { seed, numRuns: 60 });
  });
});
