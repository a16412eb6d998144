import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { cli } from "../../support/cli.ts";
import { freshFolder } from "../../support/tmp.ts";

const canary = "CANARY";
const pem = `-----BEGIN PRIVATE KEY-----\n${canary}\n-----END PRIVATE KEY-----\n`;

const files = {
  "secrets/edge.json": JSON.stringify({ certificate: pem, privateKey: pem, ca: canary }),
  "secrets/broken.yaml": `certificate: "${canary}`,
  "secrets/kubernetes.yaml": `apiVersion: v1\nkind: Secret\ndata: { tls.key: ${canary} }\n`,
  "snapshots/node-1.json": JSON.stringify({
    resources: [
      { type: "sds", name: "a", resource: { name: "b", generic_secret: canary } },
      { type: "sds", resource: { name: "c", tls_certificate: canary } },
      { type: "sds", any: canary },
    ],
  }),
};

describe("validate", () => {
  it.each(["table", "json", "yaml"])("repeats no word of a secret, as %s", async (form) => {
    const folder = freshFolder("validate-secrets");
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const { code, out, err } = await cli(["validate", "-f", folder, "--no-envoy", "-o", form]);
    rmSync(folder, { recursive: true });
    expect(code).toBe(1);
    for (const key of [
      "secrets/edge",
      "secrets/broken",
      "secrets/kubernetes",
      "snapshots/node-1",
    ]) {
      expect(out).toContain(key);
    }
    expect(out + err).not.toContain(canary);
  });
});
