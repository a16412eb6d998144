/** Certificates for tests, made by openssl when they are asked for, good for two days. */
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { freshFolder } from "./tmp.ts";

/** PEM texts. */
export interface CertificatePair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** openssl's own words: `ec -pkeyopt ec_paramgen_curve:prime256v1`, `rsa:1024`, `ed448`. */
const p256 = "ec -pkeyopt ec_paramgen_curve:prime256v1";

/**
 * A certificate that signs itself, so it can be an authority as well. `extensions`: openssl's own
 * words, such as `subjectAltName=IP:127.0.0.1`.
 */
export function selfSigned(
  commonName: string,
  newKey = p256,
  extensions: readonly string[] = [],
): CertificatePair {
  const folder = freshFolder("certificates");
  const [certificate, privateKey] = [join(folder, "a.pem"), join(folder, "a.key")];
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-nodes", "-days", "2", "-subj", `/CN=${commonName}`],
      ...["-newkey", ...newKey.split(" "), "-keyout", privateKey, "-out", certificate],
      ...extensions.flatMap((extension) => ["-addext", extension]),
    ],
    { stdio: "pipe" },
  );
  const read = (file: string): string => readFileSync(file, "utf8");
  const pair = { certificate: read(certificate), privateKey: read(privateKey) };
  rmSync(folder, { recursive: true, force: true });
  return pair;
}

/** One of a server on loopback. */
export const loopbackCertificate = (): CertificatePair =>
  selfSigned("serin", p256, ["subjectAltName=IP:127.0.0.1"]);
