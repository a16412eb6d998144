/**
 * Whether certificates and keys are what Envoy takes. Nothing here repeats a text: reasons say what
 * is wrong and where, never what stands there. https://www.rfc-editor.org/rfc/rfc7468
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { limits } from "../../config/limits.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { type PemBlock, pemBlocks } from "./pem-blocks.ts";

const certificateLabel = /^(?:TRUSTED |X509 )?CERTIFICATE$/;

/** All certificates of a PEM text, or a full reason. */
function readCertificates(pem: string): Result<readonly X509Certificate[], string> {
  const all = pemBlocks(pem);
  if (!all.ok) return all;
  // Envoy reads them, and nothing here can tell whether it will take them.
  if (all.value.some(({ label }) => label === "X509 CRL")) {
    return err("expected no revocation list (X509 CRL): such lists are not supported");
  }
  const blocks = all.value.filter(({ label }) => certificateLabel.test(label));
  if (blocks.length === 0)
    return err("expected a certificate in PEM (-----BEGIN CERTIFICATE-----)");
  if (blocks.length > limits.decode.certificates) {
    return err(`expected at most ${limits.decode.certificates} certificates`);
  }
  const certificates: X509Certificate[] = [];
  for (const [index, { text }] of blocks.entries()) {
    const certificate = attempt(() => new X509Certificate(text));
    if (certificate === undefined) {
      return err(`certificate ${index + 1} of ${blocks.length} cannot be read`);
    }
    certificates.push(certificate);
  }
  return ok(certificates);
}

/** What OpenSSL makes of it; undefined where it throws, whose words may repeat the text. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Why `pem` cannot be the authorities that sign certificates; undefined where it can. */
export function authoritiesProblem(pem: string): string | undefined {
  const certificates = readCertificates(pem);
  return certificates.ok ? undefined : certificates.error;
}

/** Why `pem`, the certificate itself first and those between it and its root after it, is no chain. */
export function chainProblem(pem: string): string | undefined {
  const certificates = readCertificates(pem);
  if (!certificates.ok) return certificates.error;
  const [own] = certificates.value;
  if (own?.raw.includes(mustStaple) === true) {
    return "the certificate demands a stapled OCSP response (must-staple), and there is none";
  }
  return own === undefined ? undefined : unlikeEnvoy(own);
}

/** The object identifier of the TLS feature extension, in DER: RFC 7633, section 6. */
const mustStaple = Buffer.from("06082b06010505070118", "hex");

/**
 * Envoy's BoringSSL has no other kinds of keys, and its context takes only some of these:
 * https://github.com/envoyproxy/envoy/blob/main/source/common/tls/context_impl.cc
 */
function unlikeEnvoy(certificate: X509Certificate): string | undefined {
  const publicKey = attempt(() => certificate.publicKey);
  if (publicKey === undefined) return unknownKind;
  const { asymmetricKeyType, asymmetricKeyDetails } = publicKey;
  switch (asymmetricKeyType) {
    case "rsa": {
      const bits = asymmetricKeyDetails?.modulusLength ?? 0;
      if (bits >= 2_048) return undefined;
      return `Envoy takes RSA keys of at least 2048 bits, this one has ${bits}`;
    }
    case "ec":
      return curveProblem(asymmetricKeyDetails?.namedCurve ?? "", certificate.raw);
    case "ed25519":
      return undefined;
    default:
      return unknownKind;
  }
}

const unknownKind = "the certificate's key is of no kind that Envoy takes: RSA, EC, Ed25519";

/** The object identifiers of the curves, in DER: RFC 5480, section 2.1.1.1. */
const curves: ReadonlyMap<string, Buffer> = new Map([
  ["prime256v1", Buffer.from("06082a8648ce3d030107", "hex")],
  ["secp384r1", Buffer.from("06052b81040022", "hex")],
  ["secp521r1", Buffer.from("06052b81040023", "hex")],
]);

/** OpenSSL knows a curve by its parameters as well; Envoy wants its name to stand in `der`. */
function curveProblem(curve: string, der: Buffer): string | undefined {
  const named = curves.get(curve);
  if (named === undefined) return "Envoy takes the curves P-256, P-384 and P-521 only";
  if (der.includes(named)) return undefined;
  return "Envoy takes a curve by its name, and not by its parameters";
}

/** Why `pem` is not the key of the first certificate of `chain`, which is good. */
export function privateKeyProblem(pem: string, chain: string | undefined): string | undefined {
  if (/-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(pem)) {
    return "the key is encrypted: give it without a passphrase";
  }
  const blocks = pemBlocks(pem);
  if (!blocks.ok) return blocks.error;
  const block = blocks.value.find(({ label }) => label.endsWith("PRIVATE KEY"));
  const key = block && attempt(() => createPrivateKey(block.text));
  if (block === undefined || key === undefined) {
    return "expected a private key in PEM (-----BEGIN PRIVATE KEY-----)";
  }
  if (key.asymmetricKeyType === "ec") {
    const problem = curveProblem(key.asymmetricKeyDetails?.namedCurve ?? "", derOf(block));
    if (problem !== undefined) return problem;
  }
  const certificates = chain === undefined ? undefined : readCertificates(chain);
  const own = certificates?.ok === true ? certificates.value[0] : undefined;
  if (own === undefined || attempt(() => own.checkPrivateKey(key)) === true) return undefined;
  return "the key does not belong to the certificate, which must come first in its chain";
}

const derOf = ({ text }: PemBlock): Buffer =>
  Buffer.from(text.replace(/^-.*$/gm, "").replace(/\s/g, ""), "base64");
