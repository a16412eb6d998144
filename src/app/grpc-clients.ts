/**
 * Which services gRPC clients ask for, over all replicas. Each replica sees only those that are connected to
 * it, and tells the others, under a lease: `status/clients/<replica>`. Only services with health checks are
 * told, as it is for the prober; where there are none, there is no key.
 */
import { limits } from "../config/limits.ts";
import { parsedJson } from "../lib/parsed-json.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { isName, type ServiceName } from "../model/names.ts";
import type { HttpRoute } from "../model/route.ts";
import { isStickyCluster } from "../translate/names.ts";
import { type TellingOptions, ToldByReplicas } from "./told-by-replicas.ts";

export const clientsFolder = "status/clients/";

export interface GrpcClientsOptions extends TellingOptions {
  readonly state: () => Pick<DesiredState, "services" | "routes">;
  /** Load assignments that clients of this replica, which are no Envoys, have subscribed to. */
  readonly asked: () => ReadonlySet<string>;
}

export class GrpcClients {
  readonly #options: GrpcClientsOptions;
  readonly #replicas: ToldByReplicas<readonly ServiceName[]>;
  #own: readonly ServiceName[] = [];
  #cancel: () => void = () => undefined;

  constructor(options: GrpcClientsOptions) {
    this.#options = options;
    this.#replicas = new ToldByReplicas(options, clientsFolder, decodeClients);
    this.#look();
  }

  /** Sorted. */
  services(): ReadonlySet<ServiceName> {
    return new Set([this.#own, ...this.#replicas.others.values()].flat().sort());
  }

  async close(): Promise<void> {
    this.#cancel();
    await this.#replicas.close();
  }

  #look(): void {
    const { clock } = this.#options;
    this.#cancel = clock.after(limits.probes.lookMs, () => this.#look());
    this.#own = this.#servicesAsked();
    this.#replicas.tell(this.#own.length === 0 ? "" : encodeClients(this.#own));
  }

  #servicesAsked(): readonly ServiceName[] {
    const { state, asked } = this.#options;
    const { services, routes } = state();
    const found = new Set<ServiceName>();
    for (const name of asked()) {
      for (const service of servicesBehind(name, routes)) {
        if (services.get(service)?.settings.healthCheck !== undefined) found.add(service);
      }
    }
    return [...found].sort().slice(0, limits.probes.services);
  }
}

const encodeClients = (services: readonly ServiceName[]): string => JSON.stringify({ services });

/** Total: of what is not as a replica writes it, nothing. */
export function decodeClients(value: Uint8Array): readonly ServiceName[] {
  const read = parsedJson(value) as { services?: unknown } | null | undefined;
  const services = Array.isArray(read?.services) ? read.services : [];
  return services
    .slice(0, limits.probes.services)
    .filter((each) => typeof each === "string" && isName(each))
    .map((each) => each as ServiceName);
}

/** Of whom the load assignment has instances: `<service>/<subset>`, or that of a rule's sticky split. */
export function servicesBehind(
  assignment: string,
  routes: ReadonlyMap<string, HttpRoute>,
): readonly ServiceName[] {
  const [first = "", rule = "", , kind] = assignment.split("/");
  if (!isStickyCluster(assignment)) return [first as ServiceName];
  const route = routes.get(`${kind === "grpc" ? "grpcroutes" : "routes"}/${first}`);
  return (route?.rules[Number(rule)]?.backendRefs ?? []).map(({ service }) => service);
}
