import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { redact } from "../../../src/admin/redact.ts";

const secret = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
const cluster = "type.googleapis.com/envoy.config.cluster.v3.Cluster";

const apiFolder = "node_modules/@grpc/grpc-js-xds/deps/envoy-api/envoy";

/** Names of the marked fields of a .proto file: a statement ends with its semicolon. */
const sensitiveFields = (proto: string): readonly string[] =>
  proto
    .replaceAll(/\/\/.*/g, "")
    .split(";")
    .filter((statement) => statement.includes("(udpa.annotations.sensitive) = true"))
    .map((statement) => /(\w+)\s*=\s*\d+\s*\[[^;]*$/.exec(statement)?.[1] ?? statement);

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

  it("leaves out every field that Envoy's protos mark as sensitive", () => {
    const protos = readdirSync(apiFolder, { recursive: true, encoding: "utf8" });
    const fields = protos
      .filter((file) => file.endsWith(".proto"))
      .flatMap((file) => sensitiveFields(readFileSync(join(apiFolder, file), "utf8")));
    expect(fields.length).toBeGreaterThan(15);
    // That of a private key provider, which is left out as a whole.
    const names = new Set(fields.filter((name) => name !== "typed_config"));
    for (const name of names) {
      expect(redact(cluster, { [name]: [{ inline_string: "KEY" }] })).toEqual({
        [name]: "[redacted]",
      });
    }
    const provider = { private_key_provider: { typed_config: { key: "KEY" } } };
    expect(JSON.stringify(redact(cluster, provider))).not.toContain("KEY");
  });

  it("leaves out what is secret without a mark", () => {
    const body = {
      credential: { secret_access_key: "KEY", session_token: "KEY", access_key_id: "id" },
      google_grpc: { call_credentials: [{ service_account_jwt_access: { json_key: "KEY" } }] },
      session_ticket_keys: { keys: [{ inline_bytes: "KEY" }] },
      jwt_authn: { local_jwks: { inline_string: "KEY" } },
    };
    const shown = JSON.stringify(redact(cluster, body));
    expect(shown).not.toContain("KEY");
    expect(shown).toContain('"access_key_id":"id"');
  });

  it("shows where a key lies, and nothing of bytes that nobody can read", () => {
    const file = { private_key: { filename: "/key.pem" } };
    expect(redact(cluster, file)).toEqual(file);
    const opaque = { "@type": "type.googleapis.com/a.B", value: "S0VZ" };
    expect(JSON.stringify(redact("type.googleapis.com/a.B", opaque))).not.toContain("S0VZ");
  });
});
