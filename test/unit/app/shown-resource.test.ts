import { describe, expect, it } from "vitest";
import { resourceBody } from "../../../src/admin/resource-body.ts";
import { shownResource } from "../../../src/app/shown-resource.ts";
import { decodeAny } from "../../../src/proto/decode.ts";
import { encodeRawAny } from "../../../src/proto/encode.ts";
import { fromJson } from "../../../src/proto/json.ts";
import { officialRoot } from "../../../src/proto/official.ts";
import { makeResource, type Resource } from "../../../src/snapshot/resource.ts";
import { typeUrls } from "../../../src/snapshot/type-url.ts";

const listenerType = typeUrls.listener;

function raw(body: object): Resource {
  const encoded = fromJson(officialRoot(), listenerType, body);
  if (!encoded.ok) throw new Error(encoded.error.message);
  const any = encodeRawAny(listenerType, encoded.value);
  return makeResource({
    typeUrl: listenerType,
    name: "l",
    any,
    origins: ["resources/edge/listeners/l"],
  });
}

const filter = (typedConfig: object) => ({
  name: "l",
  filter_chains: [{ filters: [{ name: "f", typed_config: typedConfig }] }],
});

const shownBody = (resource: Resource) => {
  const any = shownResource(resource);
  return any && resourceBody({ ...resource, any });
};

describe("what a tool sees of a raw resource", () => {
  it("is all of it, where there is no secret", () => {
    const resource = raw(
      filter({
        "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
        stat_prefix: "t",
        cluster: "c",
      }),
    );
    expect(shownBody(resource)).toEqual(resourceBody(resource));
    expect(shownResource(resource)).toBe(shownResource(resource));
  });

  it("is without the keys and passwords in it", () => {
    const resource = raw({
      name: "l",
      filter_chains: [
        {
          transport_socket: {
            name: "tls",
            typed_config: {
              "@type":
                "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
              require_client_certificate: true,
              common_tls_context: {
                tls_certificates: [
                  {
                    certificate_chain: { inline_string: "CHAIN" },
                    private_key: { inline_string: "KEY" },
                    password: { inline_string: "KEY" },
                  },
                ],
              },
            },
          },
        },
      ],
    });
    const text = JSON.stringify(shownBody(resource));
    expect(text).toContain("CHAIN");
    expect(text).toContain('"require_client_certificate":true');
    expect(Buffer.from(shownResource(resource) ?? []).includes("KEY")).toBe(false);
  });

  it("is nothing, where there is a part that nobody can look into", () => {
    const inner = encodeRawAny("type.googleapis.com/nobody.knows.This", Buffer.from("KEY"));
    // A listener with one filter chain of one filter, whose config is of an unknown type.
    const field = (number: number, bytes: Uint8Array) =>
      Buffer.concat([Uint8Array.of((number << 3) | 2, bytes.length), bytes]);
    const bytes = field(3, field(3, field(4, inner)));
    const any = encodeRawAny(listenerType, bytes);
    const origins = ["resources/edge/listeners/l"];
    const resource = makeResource({ typeUrl: listenerType, name: "l", any, origins });
    expect(JSON.stringify(resourceBody(resource))).toContain("nobody.knows.This");
    expect(shownResource(resource)).toBeUndefined();
  });

  it("is nothing of a Secret that stands in another one", () => {
    const resource = raw(
      filter({
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
        name: "s",
        generic_secret: { secret: { inline_string: "KEY" } },
      }),
    );
    expect(shownResource(resource)).toBeUndefined();
  });

  it("is all of what serin makes itself", () => {
    const any = encodeRawAny(listenerType, new Uint8Array());
    const own = makeResource({ typeUrl: listenerType, name: "l", any, origins: ["gateways/edge"] });
    expect(shownResource(own)).toBe(any);
    expect(decodeAny(any).typeUrl).toBe(listenerType);
  });
});
