import { describe, expect, it } from "vitest";
import { createMetrics, type Metrics } from "../../../src/observe/metrics.ts";

async function sample(metrics: Metrics, line: string): Promise<string | undefined> {
  const text = await metrics.registry.metrics();
  return text
    .split("\n")
    .find((each) => each.startsWith(`${line} `))
    ?.slice(line.length + 1);
}

describe("metrics", () => {
  it("have these names and kinds: dashboards and alerts depend on them", async () => {
    const metrics = createMetrics();
    const own = (await metrics.registry.getMetricsAsJSON())
      .filter(({ name }) => name.startsWith("serin_"))
      .map(({ name, type }) => `${type} ${name}`)
      .sort();
    expect(own).toEqual([
      "counter serin_admin_event_ends_total",
      "counter serin_admin_requests_refused_total",
      "counter serin_alerts_total",
      "counter serin_csds_requests_total",
      "counter serin_guard_trips_total",
      "counter serin_leader_terms_total",
      "counter serin_load_reports_total",
      "counter serin_probes_total",
      "counter serin_release_acts_total",
      "counter serin_snapshot_changes_total",
      "counter serin_store_divergence_total",
      "counter serin_store_rebuilds_total",
      "counter serin_store_relists_total",
      "counter serin_traces_total",
      "counter serin_xds_acks_total",
      "counter serin_xds_encodings_total",
      "counter serin_xds_nacks_total",
      "counter serin_xds_push_bytes_total",
      "counter serin_xds_pushes_total",
      "counter serin_xds_streams_ended_total",
      "gauge serin_admin_event_streams",
      "gauge serin_admin_tokens_last_reload_successful",
      "gauge serin_alerts_pending",
      "gauge serin_diagnostics",
      "gauge serin_guard_latches",
      "gauge serin_leader",
      "gauge serin_load_reporters",
      "gauge serin_probed_instances",
      "gauge serin_ready",
      "gauge serin_release_wait_seconds",
      "gauge serin_releases",
      "gauge serin_signal_age_seconds",
      "gauge serin_snapshot_revision",
      "gauge serin_store_connected",
      "gauge serin_store_held_keys",
      "gauge serin_store_last_contact_seconds",
      "gauge serin_unwell_versions",
      "gauge serin_verdict_reporters",
      "gauge serin_xds_streams",
      "gauge serin_xds_subscriptions",
      "histogram serin_snapshot_build_seconds",
      "histogram serin_xds_ack_seconds",
    ]);
    expect(await metrics.registry.metrics()).toContain("process_cpu_seconds_total");
  });

  it("count a message once per stream it goes to", async () => {
    const metrics = createMetrics();
    metrics.pushed({ type: "RDS", variant: "delta", streams: 3, bytes: 100 });
    expect(await sample(metrics, 'serin_xds_pushes_total{type="RDS",variant="delta"}')).toBe("3");
    expect(await sample(metrics, 'serin_xds_push_bytes_total{type="RDS"}')).toBe("300");
  });

  it("time answers in seconds, good and bad ones", async () => {
    const metrics = createMetrics();
    metrics.acked("CDS", 20);
    metrics.nacked("CDS", 3_000);
    expect(await sample(metrics, 'serin_xds_acks_total{type="CDS"}')).toBe("1");
    expect(await sample(metrics, 'serin_xds_nacks_total{type="CDS"}')).toBe("1");
    expect(await sample(metrics, 'serin_xds_ack_seconds_sum{type="CDS"}')).toBe("3.02");
    expect(await sample(metrics, 'serin_xds_ack_seconds_bucket{le="0.025",type="CDS"}')).toBe("1");
  });

  it("follow streams, store and state", async () => {
    const metrics = createMetrics();
    metrics.streamOpened("sotw");
    metrics.streamOpened("sotw");
    metrics.streamClosed("sotw", "ok");
    metrics.storeHealth(true);
    metrics.storeRelist("compacted");
    metrics.storeDivergence(2);
    metrics.built({ changes: 3, errors: 1, warnings: 2, ms: 4 });
    expect(await sample(metrics, 'serin_xds_streams{variant="sotw"}')).toBe("1");
    expect(await sample(metrics, "serin_store_connected")).toBe("1");
    expect(await sample(metrics, 'serin_store_relists_total{reason="compacted"}')).toBe("1");
    expect(await sample(metrics, "serin_store_divergence_total")).toBe("2");
    expect(await sample(metrics, 'serin_diagnostics{severity="warning"}')).toBe("2");
    expect(await sample(metrics, "serin_snapshot_build_seconds_sum")).toBe("0.004");
  });

  it("tell the time since the last contact only where there was one", async () => {
    const metrics = createMetrics();
    expect(await sample(metrics, "serin_store_last_contact_seconds")).toBeUndefined();
    metrics.storeContact();
    const seconds = Number(await sample(metrics, "serin_store_last_contact_seconds"));
    expect(seconds).toBeGreaterThanOrEqual(0);
    expect(seconds).toBeLessThan(5);
  });

  it("set what is read on demand to what it is, not on top of what it was", async () => {
    const metrics = createMetrics();
    const count = (status: string) => ({ type: "CDS", status, count: 1 });
    const found = { verdictReporters: 3, unwellVersions: 1 };
    const state = { ready: true, revision: undefined, encodings: 5, ...found };
    metrics.observed({ ...state, subscriptions: [count("PENDING")] });
    expect(await sample(metrics, "serin_snapshot_revision")).toBe("0");
    const subscriptions = [count("SYNCED")];
    metrics.observed({ ...state, revision: 12n, encodings: 7, subscriptions });
    expect(await sample(metrics, "serin_snapshot_revision")).toBe("12");
    expect(await sample(metrics, "serin_xds_encodings_total")).toBe("7");
    expect(await sample(metrics, "serin_verdict_reporters")).toBe("3");
    expect(await sample(metrics, "serin_unwell_versions")).toBe("1");
    const line = (status: string) => `serin_xds_subscriptions{type="CDS",status="${status}"}`;
    expect(await sample(metrics, line("SYNCED"))).toBe("1");
    expect(await sample(metrics, line("PENDING"))).toBeUndefined();
  });
});
