/**
 * What a stream knows of each resource of one type, in the words of CSDS. The state of a type has no
 * list of resources: it is worked out when somebody asks, from the same generations that decide what is
 * sent (docs/adr/0003).
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/service/status/v3/csds.proto
 */
import type { ClientResourceStatus, ConfigStatus } from "../../proto/messages.ts";
import type { Resource } from "../../snapshot/resource.ts";
import type { Presence, ResourceView } from "../../snapshot/resource-table.ts";
import { sees, visible } from "../subscription.ts";
import { appliedGeneration, never, type TypeState } from "../type-state.ts";

export interface ResourceStatus {
  readonly name: string;
  /** What is in force; undefined: asked for, and not there. */
  readonly resource: Resource | undefined;
  /** As the server sees it. `STALE`: sent before, and what is in force is not accepted yet. */
  readonly config: Exclude<ConfigStatus, "UNKNOWN">;
  /** What the proxy has, as far as the server can tell. */
  readonly client: ClientResourceStatus;
}

/** All that the subscription sees, and the names in it that are not there. `view`: none yet. */
export function* resourceStatuses(
  type: TypeState,
  view: ResourceView | undefined,
): Generator<ResourceStatus, void> {
  const { held, subscription } = type;
  if (view === undefined) {
    for (const name of subscription.names) {
      yield { name, resource: undefined, config: "NOT_SENT", client: "REQUESTED" };
    }
    return;
  }
  const known = new KnownOfType(type, view);
  for (const resource of visible(subscription, view)) {
    const { name } = resource;
    const config = known.config(name);
    yield { name, resource, config, client: known.client(name, config) };
  }
  for (const name of subscription.names) {
    if (view.get(name) !== undefined) continue;
    yield held.has(name)
      ? { name, resource: undefined, config: "ERROR", client: "NACKED" }
      : { name, resource: undefined, config: "NOT_SENT", client: "DOES_NOT_EXIST" };
  }
}

/** Of one name that the subscription sees. */
export const configOf = (
  type: TypeState,
  view: ResourceView,
  name: string,
): ResourceStatus["config"] =>
  view.get(name) === undefined ? "NOT_SENT" : new KnownOfType(type, view).config(name);

/** Names with what they were before they changed; undefined: that is too long ago to be known. */
type Changes = ReadonlyMap<string, Presence> | undefined;

class KnownOfType {
  readonly #type: TypeState;
  readonly #inFlight: ReadonlySet<string>;
  readonly #unsent: Changes;
  readonly #unaccepted: Changes;

  constructor(type: TypeState, view: ResourceView) {
    this.#type = type;
    this.#inFlight = new Set(type.inFlight?.names);
    this.#unsent = changesSince(view, type.sentGeneration);
    this.#unaccepted = changesSince(view, appliedGeneration(type));
  }

  config(name: string): ResourceStatus["config"] {
    const { held, owed, owedAll, sentGeneration } = this.#type;
    if (held.has(name)) return "ERROR";
    if (this.#inFlight.has(name)) return "STALE";
    if (sentGeneration === never || owedAll || owed.has(name)) return "NOT_SENT";
    if (this.#unsent === undefined) return "STALE";
    const before = this.#unsent.get(name);
    if (before === undefined) return "SYNCED";
    return this.#saw(name, before) ? "STALE" : "NOT_SENT";
  }

  client(name: string, config: ResourceStatus["config"]): ClientResourceStatus {
    if (config === "ERROR") return "NACKED";
    if (config === "SYNCED") return "ACKED";
    if (this.#type.accepted === undefined) return "REQUESTED";
    if (this.#unaccepted === undefined) return "UNKNOWN";
    const before = this.#unaccepted.get(name);
    // It holds an older one, or this one.
    return before === undefined || this.#saw(name, before) ? "ACKED" : "REQUESTED";
  }

  #saw(name: string, before: Presence): boolean {
    return sees(this.#type.subscription, name, before);
  }
}

function changesSince(view: ResourceView, generation: number): Changes {
  if (generation < 0) return undefined;
  const changes = view.changedSince(generation);
  return changes && new Map(changes.map(({ name, before }) => [name, before]));
}
