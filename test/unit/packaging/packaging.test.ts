import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { envoyBootstrap } from "../../../src/cli/bootstrap-template.ts";
import { binarySpecs } from "../../../src/dev/binary-spec.ts";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

/** Facts that the packaging repeats, because a Dockerfile and a compose file cannot import. */
describe("packaging", () => {
  it("points the Envoy of the compose file at serin as `serin bootstrap` does", () => {
    const servers = [{ host: "serin", port: 18000 }];
    const made = envoyBootstrap({ nodeId: "edge-1", cluster: "edge", mode: "delta", servers });
    expect(parse(read("envoy/compose.yaml"))).toEqual(made);
  });

  it("starts the images that are looked for elsewhere too", () => {
    const compose = read("docker-compose.yml");
    expect(compose).toContain(`:-${binarySpecs.etcd.image}}`);
    expect(compose).toContain(`:-${binarySpecs.envoy.image}}`);
  });

  it("builds on the Node release of .nvmrc", () => {
    const node = `node:${read(".nvmrc").trim()}-bookworm-slim`;
    expect(read("Dockerfile")).toContain(`ARG NODE_IMAGE=${node}\n`);
    expect(read("docker-compose.yml")).toContain(`:-${node}}`);
  });

  it("publishes ports on loopback only", () => {
    interface Service {
      readonly ports?: readonly string[];
    }
    const { services } = parse(read("docker-compose.yml"), { merge: true }) as {
      readonly services: Readonly<Record<string, Service>>;
    };
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it("sends no certificate of a site into the image", () => {
    expect(read("Dockerfile")).not.toMatch(/cafile|\.crt|\.pem|EXTRA_CA/i);
  });
});
