import { describe, expect, it } from "vitest";
import { redact } from "../../../src/admin/redact.ts";

const secret = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
const cluster = "type.googleapis.com/envoy.config.cluster.v3.Cluster";

describe("what is shown of a resource", () => {
  it("is only the name of a Secret", () => {
    const body = {
      name: "edge",
      tls_certificate: { private_key: { inline_string: "KEY" } },
      generic_secret: { secret: { inline_string: "KEY" } },
    };
    const shown = JSON.stringify(redact(secret, body));
    expect(shown).toContain("edge");
    expect(shown).not.toContain("KEY");
  });

  it("leaves out keys and passwords inside other resources, and nothing else", () => {
    const body = {
      name: "web",
      transport_socket: {
        typed_config: {
          common_tls_context: {
            tls_certificates: [
              {
                certificate_chain: { filename: "/a.pem" },
                private_key: { inline_string: "KEY" },
                password: { inline_bytes: "KEY" },
              },
            ],
          },
        },
      },
    };
    const shown = JSON.stringify(redact(cluster, body));
    expect(shown).not.toContain("KEY");
    expect(shown).toContain('"certificate_chain":{"filename":"/a.pem"}');
    expect(shown).toContain('"name":"web"');
  });

  it("shows where a key lies, and nothing of bytes that nobody can read", () => {
    const file = { private_key: { filename: "/key.pem" } };
    expect(redact(cluster, file)).toEqual(file);
    const opaque = { "@type": "type.googleapis.com/a.B", value: "S0VZ" };
    expect(JSON.stringify(redact("type.googleapis.com/a.B", opaque))).not.toContain("S0VZ");
  });
});
