import type { Version, WalkRoute, World } from "./world.ts";

/** One write, and the world after it. */
export interface Change {
  readonly key: string;
  /** undefined: deleted. */
  readonly value: unknown;
  readonly after: World;
}

export type Random = () => number;

export const services = ["s1", "s2", "s3", "s4", "s5"] as const;
export const routeHosts = ["h1.test", "h2.test", "s1"] as const;
export const versions: readonly Version[] = ["v1", "v2", "v3", "v4"];

export const ids = ["a", "b", "c"] as const;
const routeNames = ["r1", "r2", "r3", "r4"] as const;

/** Address of the backend that serves a version as instance `id`. */
export type AddressOf = (version: Version, id: string) => string;

/** A random next change; a rename is the removal of one name and the adding of another. */
export function nextChanges(world: World, random: Random, addressOf: AddressOf): readonly Change[] {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const walk = new Walk(world, addressOf);
  const dice = random();
  if (dice < 0.3) walk.putInstance(pick(services), pick(ids), pick(versions));
  else if (dice < 0.45) walk.deleteInstance(pick(services), pick(ids));
  else if (dice < 0.6) walk.putWeights(pick(services), randomWeights(pick, random));
  else if (dice < 0.67) walk.deleteWeights(pick(services));
  else if (dice < 0.72) walk.removeService(pick(services));
  else if (dice < 0.77) walk.renameService(pick(services), pick(services));
  else if (dice < 0.82) walk.renameVersion(pick(services), pick(versions), pick(versions));
  else if (dice < 0.92) walk.putRoute(pick(routeNames), randomRoute(pick, random));
  else if (dice < 0.96) walk.deleteRoute(pick(routeNames));
  else walk.renameRoute(pick(routeNames), pick(routeNames));
  return walk.changes;
}

type Pick = <T>(list: readonly T[]) => T;

function randomWeights(pick: Pick, random: Random): Readonly<Record<string, number>> {
  const chosen = new Set([pick(versions), pick(versions), pick(versions)]);
  const weights = Object.fromEntries(
    [...chosen].map((version) => [version, random() < 0.3 ? 0 : Math.ceil(random() * 100)]),
  );
  return Object.values(weights).some((weight) => weight > 0) ? weights : { [pick(versions)]: 1 };
}

function randomRoute(pick: Pick, random: Random): WalkRoute {
  const backend = () => ({
    service: pick(services),
    subset: random() < 0.4 ? pick(versions) : undefined,
  });
  return {
    host: pick(routeHosts),
    canary: random() < 0.5 ? backend() : undefined,
    backends: Array.from({ length: random() < 0.5 ? 1 : 2 }, () => ({
      ...backend(),
      weight: Math.floor(random() * 4),
    })),
  };
}

class Walk {
  readonly changes: Change[] = [];
  readonly #addressOf: AddressOf;
  #world: World;

  constructor(world: World, addressOf: AddressOf) {
    this.#world = world;
    this.#addressOf = addressOf;
  }

  putInstance(service: string, id: string, version: Version): void {
    const members = new Map(this.#world.instances.get(service)).set(id, version);
    const instances = new Map(this.#world.instances).set(service, members);
    const value = { address: this.#addressOf(version, id), version };
    this.#write(`endpoints/${service}/${id}`, value, { ...this.#world, instances });
  }

  deleteInstance(service: string, id: string): void {
    const members = new Map(this.#world.instances.get(service));
    if (!members.delete(id)) return;
    const instances = new Map(this.#world.instances);
    if (members.size === 0) instances.delete(service);
    else instances.set(service, members);
    this.#write(`endpoints/${service}/${id}`, undefined, { ...this.#world, instances });
  }

  putWeights(service: string, weights: Readonly<Record<string, number>>): void {
    const all = new Map(this.#world.weights).set(service, weights);
    this.#write(`weights/${service}`, weights, { ...this.#world, weights: all });
  }

  deleteWeights(service: string): void {
    const weights = new Map(this.#world.weights);
    if (!weights.delete(service)) return;
    this.#write(`weights/${service}`, undefined, { ...this.#world, weights });
  }

  removeService(service: string): void {
    this.deleteWeights(service);
    for (const id of [...(this.#world.instances.get(service)?.keys() ?? [])]) {
      this.deleteInstance(service, id);
    }
  }

  renameService(from: string, to: string): void {
    if (from === to) return;
    const weights = this.#world.weights.get(from);
    for (const [id, version] of this.#world.instances.get(from) ?? []) {
      this.putInstance(to, id, version);
    }
    if (weights !== undefined) this.putWeights(to, weights);
    this.removeService(from);
  }

  renameVersion(service: string, from: Version, to: Version): void {
    for (const [id, version] of this.#world.instances.get(service) ?? []) {
      if (version === from && from !== to) this.putInstance(service, id, to);
    }
  }

  /** One route a host: which of two wins is another test's question. */
  putRoute(name: string, route: WalkRoute): void {
    for (const [other, { host }] of this.#world.routes) {
      if (other !== name && host === route.host) this.deleteRoute(other);
    }
    const routes = new Map(this.#world.routes).set(name, route);
    this.#write(`routes/${name}`, routeObject(route), { ...this.#world, routes });
  }

  deleteRoute(name: string): void {
    const routes = new Map(this.#world.routes);
    if (!routes.delete(name)) return;
    this.#write(`routes/${name}`, undefined, { ...this.#world, routes });
  }

  renameRoute(from: string, to: string): void {
    const route = this.#world.routes.get(from);
    if (route === undefined || from === to) return;
    this.deleteRoute(from);
    this.putRoute(to, route);
  }

  #write(key: string, value: unknown, after: World): void {
    this.#world = after;
    this.changes.push({ key, value, after });
  }
}

function routeObject({ host, canary, backends }: WalkRoute): unknown {
  const ref = ({ service, subset, weight }: WalkRoute["backends"][number]) => ({
    name: service,
    ...(subset === undefined ? {} : { subset }),
    weight,
  });
  const header = { name: "X-Canary", value: "yes" };
  return {
    hostnames: [host],
    rules: [
      ...(canary === undefined
        ? []
        : [{ matches: [{ headers: [header] }], backendRefs: [ref({ ...canary, weight: 1 })] }]),
      { backendRefs: backends.map(ref) },
    ],
  };
}
