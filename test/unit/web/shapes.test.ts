import { describe, expectTypeOf, it } from "vitest";
import type { AlertJson } from "../../../src/api/alerts.ts";
import type { EventBodies } from "../../../src/api/events.ts";
import type { HistoryJson } from "../../../src/api/history.ts";
import type { ObjectJson } from "../../../src/api/objects.ts";
import type { PlanJson } from "../../../src/api/plan.ts";
import type { DiagnosticJson } from "../../../src/api/problem.ts";
import type { ProxyStatus } from "../../../src/api/proxies.ts";
import type { RolloutJson } from "../../../src/api/rollouts.ts";
import type { ServiceFiguresJson, ServiceSummary } from "../../../src/api/services.ts";
import type { StoreJson } from "../../../src/api/store.ts";
import type { WeightsJson } from "../../../src/api/weights.ts";
import type * as page from "../../../src/web/api/shapes.ts";

/** The browser's program cannot load the contract, which is zod's: the compiler holds one against the other here. */
describe("what the page reads is what the contract says:", () => {
  it("lists and objects", () => {
    expectTypeOf<ServiceSummary>().toExtend<page.ServiceSummary>();
    expectTypeOf<ServiceFiguresJson>().toExtend<page.Figures>();
    expectTypeOf<RolloutJson>().toExtend<page.RolloutView>();
    expectTypeOf<AlertJson>().toExtend<page.Alert>();
    expectTypeOf<StoreJson>().toExtend<page.StoreView>();
    expectTypeOf<DiagnosticJson>().toExtend<page.Diagnostic>();
    expectTypeOf<PlanJson>().toExtend<page.PlanView>();
    expectTypeOf<WeightsJson>().toExtend<page.WeightsView>();
    expectTypeOf<ProxyStatus>().toExtend<page.ConnectedProxy>();
    expectTypeOf<HistoryJson>().toExtend<page.HistoryView>();
    expectTypeOf<ObjectJson>().toExtend<page.StoredObject>();
  });

  it("events", () => {
    expectTypeOf<EventBodies["service"]>().toExtend<page.ServiceSummary>();
    expectTypeOf<EventBodies["proxies"]>().toExtend<page.ProxyCounts>();
    expectTypeOf<EventBodies["changed"]>().toExtend<page.Changed>();
    expectTypeOf<EventBodies["alert"]>().toExtend<page.Alert>();
    expectTypeOf<EventBodies["hello"]>().toExtend<page.Hello>();
  });
});
