/** Services of Traefik's: servers become instances, and what is made of services becomes backends. */
import { addressProblem, endpointObjects } from "../endpoints.ts";
import type { Names } from "../names.ts";
import { isFields, Reader } from "../reader.ts";
import { type ImportedObject, type JsonFields, present, type Report } from "../report.ts";

export interface Target {
  readonly backendRefs: readonly JsonFields[];
  /** Copies. */
  readonly filters: readonly JsonFields[];
}

const nowhere: Target = { backendRefs: [], filters: [] };

/** Services within services are followed so far. */
const deepest = 8;

export class TraefikServices {
  readonly #trees: Readonly<Record<string, unknown>>;
  readonly #names: Names;
  readonly #report: Report;
  readonly #targets = new Map<string, Target>();
  readonly objects: ImportedObject[] = [];
  readonly sources = new Map<string, string>();

  constructor(trees: Readonly<Record<string, unknown>>, names: Names, report: Report) {
    this.#trees = trees;
    this.#names = names;
    this.#report = report;
  }

  /** Where requests for it go; undefined: there is no such service. */
  target(name: string, depth = 0): Target | undefined {
    // `web@etcd`: of the provider itself.
    const own = name.replace(/@(?:etcd|kv)$/, "");
    const known = this.#targets.get(own);
    if (known !== undefined) return known;
    const tree = Object.hasOwn(this.#trees, own) ? this.#trees[own] : undefined;
    if (!isFields(tree) || depth > deepest) return undefined;
    const source = `http/services/${own}`;
    const reader = new Reader(tree, source, "", this.#report);
    const made = this.#made(own, reader, depth);
    reader.end();
    this.#targets.set(own, made);
    return made;
  }

  /** Those that no router names as well. */
  all(): void {
    for (const name of Object.keys(this.#trees)) this.target(name);
  }

  #made(name: string, reader: Reader, depth: number): Target {
    const balancer = reader.reader("loadbalancer");
    if (balancer !== undefined) return this.#balanced(name, balancer);
    const weighted = reader.reader("weighted");
    if (weighted !== undefined) return this.#weighted(weighted, depth);
    const mirroring = reader.reader("mirroring");
    if (mirroring !== undefined) return this.#mirrored(mirroring, depth);
    const failover = reader.reader("failover");
    if (failover === undefined) {
      reader.lost("", "it is of a kind that serin does not have");
      return nowhere;
    }
    const service = failover.text("service") ?? "";
    failover.end();
    return this.target(service, depth + 1) ?? nowhere;
  }

  #balanced(name: string, reader: Reader): Target {
    const service = this.#names.pick(name);
    const found = reader.readers("servers").flatMap((server) => {
      const url = server.text("url");
      const weight = server.number("weight");
      server.end();
      const parsed = url === undefined ? undefined : serverOf(url);
      if (parsed === undefined) server.lost("url", "expected a URL such as http://10.0.0.1:8080");
      else if (parsed.problem !== undefined) server.lost("url", parsed.problem);
      else return [{ ...parsed, weight }];
      return [];
    });
    const { source } = reader;
    // Here an instance without a weight has 100.
    const isWeighted = found.some(({ weight }) => weight !== undefined);
    const servers = found.map((each) => ({
      ...each,
      weight: each.weight ?? (isWeighted ? 1 : undefined),
    }));
    this.objects.push(...this.#noted(endpointObjects(service, servers), source));
    if (reader.truth("passhostheader") === false) {
      reader.lost(
        "passhostheader",
        "the Host of the request is passed on, unless a route rewrites it",
      );
    }
    const schemes = new Set(found.map(({ scheme }) => scheme));
    const settings = present({
      appProtocol: schemes.has("h2c") ? "kubernetes.io/h2c" : undefined,
      tls: schemes.has("https") ? {} : undefined,
      healthCheck: healthCheck(reader.reader("healthcheck")),
    });
    if (schemes.has("https")) {
      reader.note("servers", "certificates of instances are verified: give tls.sni and tls.ca");
    }
    if (schemes.size > 1) reader.lost("servers", "instances of a service have one protocol");
    reader.end();
    if (Object.keys(settings).length > 0) {
      this.objects.push(...this.#noted([{ key: `services/${service}`, value: settings }], source));
    }
    return { backendRefs: [{ name: service }], filters: [] };
  }

  #weighted(reader: Reader, depth: number): Target {
    const refs = reader.readers("services").flatMap((each) => {
      const name = each.text("name") ?? "";
      const weight = each.number("weight") ?? 1;
      each.end();
      const target = this.target(name, depth + 1);
      if (target === undefined) {
        each.lost("name", `there is no service ${name}`);
        return [];
      }
      if (target.filters.length > 0) each.lost("name", "copies of a part of the requests");
      if (target.backendRefs.length > 1)
        each.lost("name", "a split within a split: all get the same");
      return target.backendRefs.map((ref) => ({ ...ref, weight }));
    });
    reader.end();
    return { backendRefs: refs, filters: [] };
  }

  #mirrored(reader: Reader, depth: number): Target {
    const main = this.target(reader.text("service") ?? "", depth + 1) ?? nowhere;
    const copies = reader.readers("mirrors").flatMap((each) => {
      const target = this.target(each.text("name") ?? "", depth + 1);
      const percent = each.number("percent") ?? 0;
      each.end();
      const [backendRef, ...others] = target?.backendRefs ?? [];
      if (others.length > 0) each.lost("name", "copies of a split: the first of it gets them all");
      if (backendRef === undefined) {
        each.lost("name", "there is no such service");
        return [];
      }
      const requestMirror = { backendRef: { name: backendRef["name"] ?? "" }, percent };
      return percent === 0 ? [] : [{ type: "RequestMirror", requestMirror }];
    });
    // Without a body nothing is mirrored but the head.
    if (reader.truth("mirrorbody") === false) reader.lost("mirrorbody", "copies have their bodies");
    reader.end();
    return { backendRefs: main.backendRefs, filters: [...main.filters, ...copies] };
  }

  #noted(objects: readonly ImportedObject[], source: string): readonly ImportedObject[] {
    for (const { key } of objects) this.sources.set(key, source);
    return objects;
  }
}

interface ServerUrl {
  readonly scheme: string;
  readonly address: string;
  readonly problem: string | undefined;
}

function serverOf(url: string): ServerUrl | undefined {
  const [, scheme = "", host = "", port, path = ""] =
    /^(https?|h2c):\/\/(\[[^\]]*\]|[^/:]+)(?::(\d+))?(\/.*)?$/i.exec(url) ?? [];
  if (host === "") return undefined;
  const plain = scheme.toLowerCase();
  const address = `${host}:${port ?? (plain === "https" ? "443" : "80")}`;
  const hasPath = path !== "" && path !== "/";
  return {
    scheme: plain,
    address,
    problem: hasPath ? "instances have no path of their own" : addressProblem(address),
  };
}

function healthCheck(reader: Reader | undefined): JsonFields | undefined {
  if (reader === undefined) return undefined;
  const status = reader.number("status");
  const http = present({
    path: reader.text("path"),
    host: reader.text("hostname"),
    expectedStatuses: status === undefined ? undefined : [status],
  });
  const value = present({
    http,
    interval: reader.text("interval"),
    timeout: reader.text("timeout"),
  });
  reader.end();
  return value;
}
