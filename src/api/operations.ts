/** Every operation of the admin API, in the order in which people are told of them. */
import { listAlerts } from "./alerts.ts";
import { followEvents } from "./events.ts";
import { explainRequest } from "./explain.ts";
import { getHealth } from "./health.ts";
import { getHistory, undoChange } from "./history.ts";
import { getLoad, listReporters } from "./load.ts";
import { getMe } from "./me.ts";
import { getOpenApi } from "./meta.ts";
import { deleteObject, getObject, listObjects, putObject } from "./objects.ts";
import { planChange } from "./plan.ts";
import { getLiveness, getMetrics, getReadiness } from "./probes.ts";
import { listProxies } from "./proxies.ts";
import { commandRollout, getRollout } from "./rollouts.ts";
import { getFigures, getService, listServices } from "./services.ts";
import { getSnapshot, listDiagnostics, listSteps } from "./snapshot.ts";
import { diffSnapshots } from "./snapshot-diff.ts";
import { getStore } from "./store.ts";
import { getVerdicts } from "./verdicts.ts";
import { waitFor } from "./wait.ts";
import { deleteWeights, getWeights, putWeights } from "./weights.ts";

export const operations = [
  ...[listServices, getService, getFigures, listAlerts, followEvents],
  ...[getWeights, putWeights, deleteWeights],
  ...[getRollout, commandRollout],
  ...[getHistory, undoChange],
  ...[listObjects, getObject, putObject, deleteObject, planChange],
  ...[listProxies, waitFor],
  ...[explainRequest, getHealth, getVerdicts, getLoad, listReporters],
  ...[getSnapshot, diffSnapshots, listSteps, listDiagnostics, getStore],
  ...[getMe, getOpenApi, getLiveness, getReadiness, getMetrics],
] as const;
