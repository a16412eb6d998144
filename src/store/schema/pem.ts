/**
 * Whether certificates and keys are what Envoy takes. Nothing here repeats a text: reasons say what
 * is wrong and where, never what stands there. https://www.rfc-editor.org/rfc/rfc7468
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { limits } from "../../config/limits.ts";
import { err, ok, type Result } from "../../lib/result.ts";

const block = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END [A-Z0-9 ]*-----/g;

/** All certificates of a PEM text, or a full reason. */
function readCertificates(pem: string): Result<readonly X509Certificate[], string> {
  const blocks = pem.match(block) ?? [];
  if (blocks.length === 0)
    return err("expected a certificate in PEM (-----BEGIN CERTIFICATE-----)");
  if (blocks.length > limits.decode.certificates) {
    return err(`expected at most ${limits.decode.certificates} certificates`);
  }
  const certificates: X509Certificate[] = [];
  for (const [index, text] of blocks.entries()) {
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
  return own === undefined ? undefined : unlikeEnvoy(own);
}

/** https://github.com/envoyproxy/envoy/blob/main/source/common/tls/context_impl.cc */
function unlikeEnvoy(certificate: X509Certificate): string | undefined {
  const publicKey = attempt(() => certificate.publicKey);
  if (publicKey === undefined) return "the certificate's key is of no kind that Envoy takes";
  const { asymmetricKeyType, asymmetricKeyDetails } = publicKey;
  const bits = asymmetricKeyDetails?.modulusLength ?? 0;
  if (asymmetricKeyType === "rsa" && bits < 2_048) {
    return `Envoy takes RSA keys of at least 2048 bits, this one has ${bits}`;
  }
  const curve = asymmetricKeyDetails?.namedCurve ?? "";
  if (asymmetricKeyType === "ec" && !curves.has(curve)) {
    return "Envoy takes the curves P-256, P-384 and P-521 only";
  }
  return undefined;
}

const curves: ReadonlySet<string> = new Set(["prime256v1", "secp384r1", "secp521r1"]);

/** Why `pem` is not the key of the first certificate of `chain`, which is good. */
export function privateKeyProblem(pem: string, chain: string | undefined): string | undefined {
  if (/-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(pem)) {
    return "the key is encrypted: give it without a passphrase";
  }
  const key = attempt(() => createPrivateKey(pem));
  if (key === undefined) return "expected a private key in PEM (-----BEGIN PRIVATE KEY-----)";
  const certificates = chain === undefined ? undefined : readCertificates(chain);
  const own = certificates?.ok === true ? certificates.value[0] : undefined;
  if (own === undefined || attempt(() => own.checkPrivateKey(key)) === true) return undefined;
  return "the key does not belong to the certificate, which must come first in its chain";
}
