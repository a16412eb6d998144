/** Upstreams of APISIX: each is a service, and each of its nodes an instance. */
import { addressProblem, endpointObjects } from "../endpoints.ts";
import type { Names } from "../names.ts";
import { isFields, Reader } from "../reader.ts";
import { type ImportedObject, type JsonFields, present, type Report } from "../report.ts";

export class ApisixUpstreams {
  readonly #byId: ReadonlyMap<string, unknown>;
  readonly #names: Names;
  readonly #report: Report;
  readonly #services = new Map<string, string>();
  readonly objects: ImportedObject[] = [];
  readonly sources = new Map<string, string>();

  constructor(byId: ReadonlyMap<string, unknown>, names: Names, report: Report) {
    this.#byId = byId;
    this.#names = names;
    this.#report = report;
  }

  /** Name of the service; undefined: there is no such upstream. */
  byId(id: string): string | undefined {
    const known = this.#services.get(id);
    if (known !== undefined) return known;
    const upstream = this.#byId.get(id);
    if (!isFields(upstream)) return undefined;
    const reader = new Reader(upstream, `upstreams/${id}`, "", this.#report);
    const service = this.#made(reader, [reader.text("name"), id]);
    this.#services.set(id, service);
    return service;
  }

  /** One that stands inside a route or a plugin. */
  inline(reader: Reader, name: string): string {
    return this.#made(reader, [reader.text("name"), name]);
  }

  all(): void {
    for (const id of this.#byId.keys()) this.byId(id);
  }

  #made(reader: Reader, wanted: readonly (string | undefined)[]): string {
    const service = this.#names.pick(...wanted);
    reader.skip("id", "desc", "labels", "create_time", "update_time", "type", "hash_on", "key");
    if ((reader.any("type") ?? "roundrobin") !== "roundrobin") {
      reader.lost("type", "requests take turns: for another way see lbPolicy of services/");
    }
    for (const object of endpointObjects(service, servers(reader))) this.#add(object, reader);
    const settings = settingsOf(reader);
    reader.end();
    if (Object.keys(settings).length > 0) {
      this.#add({ key: `services/${service}`, value: settings }, reader);
    }
    return service;
  }

  #add(object: ImportedObject, { source }: Reader): void {
    this.objects.push(object);
    this.sources.set(object.key, source);
  }
}

/** `{"10.0.0.1:80": 1}`, or a list of objects. */
function servers(reader: Reader) {
  const nodes = reader.any("nodes");
  const listed = Array.isArray(nodes)
    ? nodes.filter(isFields).map(({ host, port, weight }) => {
        return { address: `${String(host)}:${String(port ?? 80)}`, weight: Number(weight ?? 1) };
      })
    : Object.entries(isFields(nodes) ? nodes : {}).map(([address, weight]) => {
        return {
          address: /:\d+$/.test(address) ? address : `${address}:80`,
          weight: Number(weight),
        };
      });
  const isRead = Array.isArray(nodes) ? nodes.every(isFields) : isFields(nodes ?? {});
  if (!isRead) reader.lost("nodes", "some of them cannot be read, and are left out");
  if (
    Array.isArray(nodes) &&
    nodes.some((node) => isFields(node) && Number(node["priority"] ?? 0) !== 0)
  ) {
    reader.lost("nodes", "instances have no priority: see localities of services/");
  }
  return listed.filter(({ address }) => {
    const problem = addressProblem(address);
    if (problem !== undefined) reader.lost(`nodes["${address}"]`, problem);
    return problem === undefined;
  });
}

function settingsOf(reader: Reader): JsonFields {
  const scheme = reader.text("scheme") ?? "http";
  if (!["http", "https", "grpc", "grpcs"].includes(scheme)) {
    reader.lost("scheme", "only http, https, grpc and grpcs are imported");
  }
  const passHost = reader.text("pass_host") ?? "pass";
  reader.skip("upstream_host");
  if (passHost !== "pass") {
    reader.lost("pass_host", "the Host of the request is passed on, unless a route rewrites it");
  }
  const isTls = scheme === "https" || scheme === "grpcs";
  if (isTls)
    reader.note("scheme", "certificates of instances are verified: give tls.sni and tls.ca");
  const retries = reader.number("retries");
  return present({
    appProtocol: scheme.startsWith("grpc") ? "grpc" : undefined,
    tls: isTls ? {} : undefined,
    retry: retries === undefined ? undefined : { attempts: retries },
    timeouts: timeoutsOf(reader.reader("timeout")),
    healthCheck: healthCheck(reader.reader("checks")),
  });
}

/** Seconds there. */
const secondsText = (seconds: number): string => `${Math.round(seconds * 1_000)}ms`;

function timeoutsOf(reader: Reader | undefined): JsonFields | undefined {
  if (reader === undefined) return undefined;
  const connect = reader.number("connect");
  const read = reader.number("read");
  reader.end();
  if (read !== undefined) reader.note("read", "is the time of the whole request here");
  return present({
    connect: connect === undefined ? undefined : secondsText(connect),
    request: read === undefined ? undefined : secondsText(read),
  });
}

function healthCheck(reader: Reader | undefined): JsonFields | undefined {
  const active = reader?.reader("active");
  reader?.end();
  if (active === undefined) return undefined;
  const healthy = active.reader("healthy");
  const unhealthy = active.reader("unhealthy");
  const timeout = active.number("timeout");
  const interval = healthy?.number("interval");
  const type = active.text("type") ?? "http";
  active.skip("concurrency", "https_verify_certificate");
  if (type === "https") active.lost("type", "checks are by HTTP here, unless the service has TLS");
  const value = present({
    ...(type === "tcp"
      ? { tcp: {} }
      : { http: present({ path: active.text("http_path"), host: active.text("host") }) }),
    interval: interval === undefined ? undefined : secondsText(interval),
    timeout: timeout === undefined ? undefined : secondsText(timeout),
    healthyThreshold: healthy?.number("successes"),
    unhealthyThreshold: unhealthy?.number(type === "tcp" ? "tcp_failures" : "http_failures"),
  });
  for (const each of [healthy, unhealthy, active]) each?.end();
  return value;
}
