import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { createMetrics } from "../../../src/observe/metrics.ts";
import { projectFiles, readProjectFile } from "../../support/tracked.ts";

/** The dashboard and the alert rules, held against the metrics, the labels and their values that there are. */

interface Target {
  readonly expr: string;
  readonly legendFormat: string;
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly Target[];
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}

const { panels } = JSON.parse(readProjectFile("monitoring/dashboard.json")) as {
  readonly panels: readonly Panel[];
};
const rules = (
  parse(readProjectFile("monitoring/alerts.yaml")) as {
    readonly groups: readonly { readonly rules: readonly Rule[] }[];
  }
).groups.flatMap((group) => group.rules);

const targets = panels.flatMap(({ title, targets: all = [] }) =>
  all.map((target) => ({ ...target, title })),
);

const { registry } = createMetrics();

/** Labels of every series that Prometheus has of it; those of the scrape are on all of them. */
const series = new Map<string, readonly string[]>();
for (const { name, type } of await registry.getMetricsAsJSON()) {
  const metric: object | undefined = registry.getSingleMetric(name);
  const { labelNames } = metric as { readonly labelNames: readonly string[] };
  if (String(type) !== "histogram") series.set(name, labelNames);
  else {
    series.set(`${name}_bucket`, [...labelNames, "le"]);
    series.set(`${name}_sum`, labelNames);
    series.set(`${name}_count`, labelNames);
  }
}
const ofScrape = ["job", "instance"];

/** Values of labels that the code writes; a test of docs/metrics.md holds the labels. */
const values: Readonly<Record<string, readonly string[]>> = {
  status: ["SYNCED", "PENDING", "STALE", "NACKED"],
  severity: ["error", "warning"],
  outcome: ["done", "lost", "failed", "not_leader", "delivered", "given_up", "dropped"],
  reason: ["Signal", "Rejected", "unknown_token", "expired_token"],
  code: ["resource_exhausted", "internal"],
};

const functions = new Set(
  "sum max min rate increase histogram_quantile scalar by and or unless le".split(" "),
);

/** Everything in an expression that nobody has: metrics, labels, values, functions. */
function unknownIn(expr: string): readonly string[] {
  const plain = expr.replaceAll(/\[[^\]]*\]/g, "");
  const unknown: string[] = [];
  const labels = new Set(ofScrape);
  const selectors = /\b([a-z_]\w*)\b(?:\{([^}]*)\})?/g;
  const withoutBy = plain.replaceAll(/\bby \(([^)]*)\)/g, "");
  for (const [, name = "", matchers = ""] of withoutBy.matchAll(selectors)) {
    if (functions.has(name)) continue;
    const own = series.get(name);
    if (own === undefined) {
      unknown.push(name);
      continue;
    }
    for (const label of own) labels.add(label);
    for (const [, label = "", value = ""] of matchers.matchAll(/(\w+)[!=]=?~?"([^"]*)"/g)) {
      if (![...own, ...ofScrape].includes(label)) unknown.push(`${name}{${label}}`);
      if (ofScrape.includes(label)) continue;
      const missing = value.split("|").filter((each) => !values[label]?.includes(each));
      unknown.push(...missing.map((each) => `${name}{${label}="${each}"}`));
    }
  }
  for (const [, list = ""] of plain.matchAll(/\bby \(([^)]*)\)/g)) {
    unknown.push(...list.split(/, */).filter((label) => !labels.has(label)));
  }
  return unknown;
}

/** Labels that the result has: those of `by`, or of the metric where nothing is added up. */
function labelsOf(expr: string): readonly string[] {
  const by = /\bby \(([^)]*)\)/.exec(expr)?.[1]?.split(/, */);
  if (by !== undefined) return by.filter((label) => label !== "le");
  if (/^(?:sum|max|min|histogram_quantile)\b/.test(expr)) return [];
  const names = [...expr.matchAll(/\b[a-z_]\w*\b/g)].map(([name]) => name);
  return [...ofScrape, ...names.flatMap((name) => series.get(name) ?? [])];
}

describe("what an expression is held against", () => {
  it.each([
    ["sum(serin_xds_stream)", ["serin_xds_stream"]],
    ["sum by (node) (serin_xds_streams)", ["node"]],
    [
      'serin_xds_streams{version="v1"}',
      ["serin_xds_streams{version}", 'serin_xds_streams{version="v1"}'],
    ],
    ['serin_xds_subscriptions{status="NACK"}', ['serin_xds_subscriptions{status="NACK"}']],
    ["rate(serin_xds_ack_seconds[5m])", ["serin_xds_ack_seconds"]],
    ["sum by (le, type) (rate(serin_xds_ack_seconds_bucket[5m]))", []],
    ["sum by (le) (rate(serin_xds_pushes_total[5m]))", ["le"]],
    ["avg(serin_ready)", ["avg"]],
  ])("%s", (expr, unknown) => {
    expect(unknownIn(expr)).toEqual(unknown);
  });
});

describe("the dashboard", () => {
  it("asks for nothing that serin does not have", () => {
    expect(targets.length).toBeGreaterThan(40);
    const unknown = targets.flatMap(({ title, expr }) =>
      unknownIn(expr).map((each) => `${title}: ${each}`),
    );
    expect(unknown).toEqual([]);
  });

  it("names lines by labels that they have", () => {
    const wrong = targets.flatMap(({ title, expr, legendFormat }) => {
      const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);
      const missing = named.filter((label) => !labelsOf(expr).includes(label));
      return missing.map((label) => `${title}: ${label}`);
    });
    expect(wrong).toEqual([]);
  });

  it("has every metric of serin in a panel", () => {
    const shown = targets.map(({ expr }) => expr).join(" ");
    const left = [...series.keys()].filter(
      (name) => /^serin_/.test(name) && !/_(?:sum|count)$/.test(name) && !shown.includes(name),
    );
    expect(left).toEqual([]);
  });

  it("has panels that lie beside each other, with a name and an id of their own", () => {
    const ids = panels.map(({ id }) => id);
    const titles = panels.map(({ title }) => title);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(titles).size).toBe(titles.length);
    const taken = new Set<string>();
    for (const { title, gridPos } of panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          const place = `${x},${y}`;
          if (taken.has(place) || x >= 24) throw new Error(`${title} lies over another panel`);
          taken.add(place);
        }
      }
    }
  });
});

describe("the alert rules", () => {
  it("ask for nothing that serin does not have", () => {
    const unknown = rules.flatMap(({ alert, expr }) =>
      unknownIn(expr).map((each) => `${alert}: ${each}`),
    );
    expect(unknown).toEqual([]);
  });

  it("have names of their own, a severity, a summary with labels that are there, and a runbook that is", () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    const anchors = readProjectFile("docs/runbook.md")
      .split("\n")
      .filter((line) => line.startsWith("#"))
      .map((line) => line.replace(/^#+ /, "").toLowerCase())
      .map((heading) => heading.replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-"));
    for (const { alert, expr, labels, annotations } of rules) {
      expect([alert, labels.severity]).toEqual([
        alert,
        expect.stringMatching(/^(?:critical|warning)$/),
      ]);
      const { summary = "", runbook } = annotations;
      expect(summary, alert).not.toBe("");
      const named = [...summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = ""]) => label);
      expect(
        named.filter((label) => !labelsOf(expr).includes(label)),
        alert,
      ).toEqual([]);
      const [file, anchor] = runbook?.split("#") ?? [];
      if (runbook === undefined) continue;
      expect([file, anchors.includes(anchor ?? "")], alert).toEqual(["docs/runbook.md", true]);
    }
  });

  it("are of every metric that docs/metrics.md calls worth an alert", () => {
    const [, worth = ""] = readProjectFile("docs/metrics.md").split("## Worth an alert");
    const named = [...worth.matchAll(/\b(serin_\w+)\b/g)].map(([, name = ""]) => name);
    expect(named.length).toBeGreaterThan(10);
    const asked = rules.map(({ expr }) => expr).join(" ");
    expect(named.filter((name) => !asked.includes(name))).toEqual([]);
  });

  it("are files that git has", () => {
    expect(projectFiles()).toEqual(
      expect.arrayContaining(["monitoring/alerts.yaml", "monitoring/dashboard.json"]),
    );
  });
});
