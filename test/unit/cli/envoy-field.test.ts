import { describe, expect, it } from "vitest";
import { accusedField } from "../../../src/cli/envoy-field.ts";
import { limits } from "../../../src/config/limits.ts";
import { typeUrls } from "../../../src/snapshot/type-url.ts";

type Body = Readonly<Record<string, unknown>>;

const nobody = async () => "no";

/** An Envoy that complains of whatever is wrong. */
const envoy = (isWrong: (body: Body) => boolean, message: string) => async (body: Body) =>
  isWrong(body) ? message : undefined;

const text = (body: Body) => JSON.stringify(body);

describe("a constraint that is broken", () => {
  const chain = (...links: readonly string[]) =>
    `[dump left out] Proto constraint validation failed (${links.join(": embedded message failed validation | caused by ")})`;

  it("tells the field, by the message that the resource is", async () => {
    const body = { name: "a", load_assignment: { endpoints: [{}] } };
    const message = chain(
      "BootstrapValidationError.StaticResources",
      "StaticResourcesValidationError.Clusters[3]",
      "ClusterValidationError.LoadAssignment",
      "ClusterLoadAssignmentValidationError.Endpoints[0]",
      "LocalityLbEndpointsValidationError.Priority: value must be less than or equal to 128",
    );
    const told = "value must be less than or equal to 128";
    expect(await accusedField({ typeUrl: typeUrls.cluster, body }, message, nobody)).toEqual({
      path: "load_assignment.endpoints[0].priority",
      message: told,
    });
    const endpoints = { typeUrl: typeUrls.endpoint, body: { endpoints: [{ priority: 200 }] } };
    expect(await accusedField(endpoints, message, nobody)).toEqual({
      path: "endpoints[0].priority",
      message: told,
    });
  });

  it("tells the field of what is unpacked in there", async () => {
    const url = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
    const body = { filter_chains: [{ filters: [{ typed_config: { "@type": url } }] }] };
    const message = chain("TcpProxyValidationError.StatPrefix: value length must be at least 1");
    const { path } = await accusedField({ typeUrl: typeUrls.listener, body }, message, nobody);
    expect(path).toBe("filter_chains[0].filters[0].typed_config.stat_prefix");
  });
});

describe("any other complaint", () => {
  const ofRoutes = (body: Body) => ({ typeUrl: typeUrls.route, body });

  it("is followed to the part without which it is gone", async () => {
    const body = { a: { b: [1, { c: "bad", d: 1 }] }, e: 2 };
    const complaint = envoy((each) => text(each).includes("bad"), "no");
    expect((await accusedField(ofRoutes(body), "no", complaint)).path).toBe("a.b[1].c");
  });

  it("is of a text that it repeats, where the part cannot be left out", async () => {
    const body = { name: "raw", a: { b: "other", c: "bad.example" } };
    const said = "error adding listener 'raw': malformed address: bad.example";
    expect((await accusedField(ofRoutes(body), said, async () => said)).path).toBe("a.c");
  });

  it("is of what can only be replaced", async () => {
    const body = { name: "raw", a: { b: "(", c: 0 } };
    const complaint = envoy((each) => !text(each).includes('"b":"a"'), "no");
    expect((await accusedField(ofRoutes(body), "no", complaint)).path).toBe("a.b");
  });

  it("is of a field that it names, and that is missing", async () => {
    const said = "error adding listener named 'raw': address is necessary";
    const listener = { typeUrl: typeUrls.listener, body: { name: "raw" } };
    expect((await accusedField(listener, said, async () => said)).path).toBe("address");
  });

  it("is of the whole, where nothing tells, after a bounded number of asks", async () => {
    let asks = 0;
    const body = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`f${n}`, { x: n }]));
    const complaint = async () => {
      asks += 1;
      return "no";
    };
    expect((await accusedField(ofRoutes(body), "no", complaint)).path).toBe("");
    expect(asks).toBe(limits.cli.fieldAsks);
  });
});
