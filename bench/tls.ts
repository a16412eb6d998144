/** Mutual TLS for the xDS port: one certificate that signs itself, for both sides. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { freshFolder } from "../test/support/tmp.ts";

export interface BenchTls {
  readonly serverFlags: readonly string[];
  readonly loadFlags: readonly string[];
}

export function makeTls(): BenchTls {
  const folder = freshFolder("bench-tls");
  const [certificate, key] = [join(folder, "tls.pem"), join(folder, "tls.key")];
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"],
      ...["-addext", "subjectAltName=DNS:localhost", "-newkey", "ec"],
      ...["-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", key, "-out", certificate],
    ],
    { stdio: "pipe" },
  );
  const server = ["--xds-tls-cert", certificate, "--xds-tls-key", key];
  const load = ["--tls-cert", certificate, "--tls-key", key, "--tls-ca", certificate];
  return { serverFlags: [...server, "--xds-tls-client-ca", certificate], loadFlags: load };
}
