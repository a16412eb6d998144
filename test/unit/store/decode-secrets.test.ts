import { describe, expect, it } from "vitest";
import type { Secret } from "../../../src/model/secret.ts";
import { selfSigned } from "../../support/certificates.ts";
import { caseOf, complaints, decodeOne, expectCase, invalid } from "./decode-entries.ts";

const key = "secrets/edge";
const edge = selfSigned("edge");
const other = selfSigned("other");
const weak = selfSigned("weak", "rsa:1024");
const ca = other.certificate;

function contentOf(value: unknown): Secret["content"] | undefined {
  const [secret] = decodeOne(key, value).state.secrets.values();
  return secret?.content;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** A Secret as kubectl prints it. */
const kubernetes = (fields: object): object => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "edge", namespace: "shop", creationTimestamp: null },
  type: "kubernetes.io/tls",
  immutable: true,
  ...fields,
});

describe("a secret", () => {
  const whole = { kind: "inline", ...edge, ca };

  it("is texts, in any of their forms", () => {
    expect(contentOf({ ...edge, ca })).toEqual(whole);
    expect(contentOf({ ca })).toEqual({ kind: "inline", certificate: "", privateKey: "", ca });
    expect(contentOf({ ...edge, ca: "" })).toEqual({ ...whole, ca: "" });
    expect(contentOf({ apiVersion: "serin/v1", kind: "Secret", spec: { ca } })).toMatchObject({
      ca,
    });
    const chain = `${edge.certificate}\n# signed by\n${other.certificate}`;
    expect(contentOf({ ...edge, certificate: chain })).toMatchObject({ certificate: chain });
  });

  it("is a Secret of Kubernetes, without a warning", () => {
    const data = {
      "tls.crt": base64(edge.certificate),
      "tls.key": base64(edge.privateKey),
      "ca.crt": base64(ca),
      "keystore.p12": "AAAA",
    };
    const stringData = { "tls.crt": edge.certificate, "tls.key": edge.privateKey, "ca.crt": ca };
    for (const fields of [{ data }, { stringData }, { data: { "tls.key": "" }, stringData }]) {
      expect(complaints(key, kubernetes(fields))).toEqual([]);
      expect(contentOf(kubernetes(fields))).toEqual(whole);
    }
    const opaque = kubernetes({ type: "Opaque", data: { "ca.crt": base64(ca) } });
    expect(contentOf(opaque)).toEqual({ kind: "inline", certificate: "", privateKey: "", ca });
  });

  it("is paths on the proxies' machines", () => {
    const files = { certificate: "/a.pem", privateKey: "/a.key", watchedDirectory: "/certs" };
    expect(contentOf({ files })).toEqual({ kind: "files", ...files, ca: "" });
    expect(contentOf({ files: { ca: "ca.pem" } })).toMatchObject({ kind: "files", ca: "ca.pem" });
  });
});

const together = "a certificate and its private key come together";
const noCertificate = "expected a certificate in PEM (-----BEGIN CERTIFICATE-----)";
const noKey = "expected a private key in PEM (-----BEGIN PRIVATE KEY-----)";
const broken = edge.certificate.replace(/MII/, "MIX");
const nothing = "expected a certificate with its privateKey, a ca, or both; or files with these";

describe("a secret that is wrong", () => {
  it.each([
    caseOf(key, {}, invalid("", nothing)),
    caseOf(
      key,
      { ca: "" },
      invalid("", "expected a certificate with its private key, a ca, or both"),
    ),
    caseOf(key, { certificate: edge.certificate }, invalid("", together)),
    caseOf(key, { privateKey: edge.privateKey }, invalid("", together)),
    caseOf(key, { files: { certificate: "/a.pem" } }, invalid("files", together)),
    caseOf(
      key,
      { files: {} },
      invalid("files", "expected a certificate with its private key, a ca, or both"),
    ),
    caseOf(
      key,
      { ca, files: { ca: "/ca.pem" } },
      invalid("", "expected texts, files, or data of Kubernetes: one of the three"),
    ),
    caseOf(key, { ...edge, certificate: "PEM" }, invalid("certificate", noCertificate)),
    caseOf(
      key,
      { ...edge, certificate: edge.certificate + broken },
      invalid("certificate", "certificate 2 of 2 cannot be read"),
    ),
    caseOf(key, { ...edge, privateKey: "PEM" }, invalid("privateKey", noKey)),
    caseOf(key, { ...edge, privateKey: edge.certificate }, invalid("privateKey", noKey)),
    caseOf(
      key,
      { ...edge, privateKey: other.privateKey },
      invalid(
        "privateKey",
        "the key does not belong to the certificate, which must come first in its chain",
      ),
    ),
    caseOf(
      key,
      { ...edge, privateKey: edge.privateKey.replaceAll("PRIVATE", "ENCRYPTED PRIVATE") },
      invalid("privateKey", "the key is encrypted: give it without a passphrase"),
    ),
    caseOf(
      key,
      weak,
      invalid("certificate", "Envoy takes RSA keys of at least 2048 bits, this one has 1024"),
    ),
    caseOf(key, { ca: "PEM" }, invalid("ca", noCertificate)),
    caseOf(key, { ca: 7 }, invalid("ca", "expected a PEM text, got a number")),
    caseOf(
      key,
      kubernetes({ data: { "tls.crt": edge.certificate } }),
      invalid('data["tls.crt"]', "expected base64 as Kubernetes writes it, got a string"),
    ),
    caseOf(
      key,
      kubernetes({ data: { "tls.crt": "", "tls.key": base64(edge.privateKey) } }),
      invalid("", together),
    ),
    caseOf(
      key,
      kubernetes({ stringData: { "ca.crt": "x" } }),
      invalid('stringData["ca.crt"]', noCertificate),
    ),
    caseOf(
      key,
      { ca, cas: "" },
      invalid("", "a field is not known, and without it the rest may mean too much"),
    ),
  ])("$complaints", expectCase);

  const canary = "CANARY0123456789";
  const pem = `-----BEGIN PRIVATE KEY-----\n${canary}\n-----END PRIVATE KEY-----\n`;
  it.each([
    canary,
    `certificate: ${canary}\nprivateKey: ${canary}\nca: ${canary}\n`,
    `privateKey: -----BEGIN PRIVATE KEY-----\n${canary}\n`,
    `privateKey: "${canary}`,
    `${canary}: 1`,
    `{"${canary}": 1}`,
    `files: {certificate: "${canary}\\n", ${canary}: 1}`,
    `data: {tls.crt: "${canary}!", tls.key: [${canary}]}`,
    `stringData: {tls.crt: ${canary}, tls.key: ${canary}, ca.crt: ${canary}}`,
    `kind: Secret\nspec: ${canary}`,
    JSON.stringify({ ...edge, privateKey: pem }),
    JSON.stringify({ certificate: pem, privateKey: pem, ca: [pem] }),
    JSON.stringify({ ca: { [pem]: pem } }),
  ])("is complained of without a word of it: %j", (value) => {
    const said = complaints(key, value);
    expect(said.length).toBeGreaterThan(0);
    expect(said.join("\n")).not.toContain("CANARY");
    expect(decodeOne(key, value).changedKeys).toEqual([]);
  });
});

describe("a key that Envoy does not take", () => {
  const kinds = "the certificate's key is of no kind that Envoy takes: RSA, EC, Ed25519";
  const p256 = "ec -pkeyopt ec_paramgen_curve:prime256v1 -pkeyopt ec_param_enc";
  it.each([
    ["ed448", kinds],
    ["rsa-pss -pkeyopt rsa_keygen_bits:2048", kinds],
    [`${p256}:explicit`, "Envoy takes a curve by its name, and not by its parameters"],
    [
      "rsa:2048 -addext tlsfeature=status_request",
      "the certificate demands a stapled OCSP response (must-staple), and there is none",
    ],
    [
      "ec -pkeyopt ec_paramgen_curve:secp256k1",
      "Envoy takes the curves P-256, P-384 and P-521 only",
    ],
  ])("is refused: %s", (newKey, reason) => {
    const told = complaints(key, selfSigned("edge", newKey));
    expect(told[0]).toEqual(invalid("certificate", reason));
  });

  it.each([
    "rsa:2048",
    "ed25519",
    `${p256}:named_curve`,
    "ec -pkeyopt ec_paramgen_curve:secp384r1",
    "ec -pkeyopt ec_paramgen_curve:secp521r1",
  ])("unlike %s", (newKey) => {
    expect(complaints(key, selfSigned("edge", newKey))).toEqual([]);
  });

  it("is refused where only the key spells its curve out", () => {
    const spelt = selfSigned("edge", `${p256}:explicit`).privateKey;
    const told = complaints(key, { ...edge, privateKey: spelt });
    expect(told).toEqual([
      invalid("privateKey", "Envoy takes a curve by its name, and not by its parameters"),
    ]);
  });
});

describe("a PEM text that Envoy does not read to its end", () => {
  const begin = "-----BEGIN CERTIFICATE-----";
  const half = other.certificate.slice(0, other.certificate.length / 2);
  const crl = "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n";
  const cutOff = "the last block has no -----END: it is cut off";
  const mark = "has a byte order mark, behind which Envoy sees nothing: save it as UTF-8 without";
  const alone = (line: number): string =>
    `expected a boundary in line ${line} to be a line of its own, such as ${begin}`;
  it.each([
    ["a second block that is cut off", ca + half, cutOff],
    ["a second block that only begins", ca + begin, cutOff],
    ["a block of another kind that only begins", `${ca}-----BEGIN FOO-----\n`, cutOff],
    ["a byte order mark", `\uFEFF${ca}`, mark],
    [
      "a list of revoked certificates",
      ca + crl,
      "expected no revocation list (X509 CRL): such lists are not supported",
    ],
    [
      "an end of something else",
      ca.replace("END CERTIFICATE", "END X509 CRL"),
      `-----END in line ${ca.trim().split("\n").length} ends no block of its kind`,
    ],
    [
      "a block in a block",
      `${begin}\n${ca}`,
      "-----BEGIN in line 2, but the block before it has no -----END",
    ],
    ["a boundary that is indented", `  ${ca}`, alone(1)],
    ["text behind a boundary", `${ca.trim()} x`, alone(ca.trim().split("\n").length)],
  ])("is refused: %s", (_, pem, reason) => {
    expect(complaints(key, { ca: pem })).toEqual([invalid("ca", reason)]);
    const certificate = pem.replace(ca, edge.certificate);
    expect(complaints(key, { ...edge, certificate })[0]?.toString()).toContain("certificate");
  });

  it("is refused as a key as well", () => {
    const told = complaints(key, { ...edge, privateKey: `\uFEFF${edge.privateKey}` });
    expect(told).toEqual([invalid("privateKey", mark)]);
    const cut = edge.privateKey.slice(0, 100);
    expect(complaints(key, { ...edge, privateKey: cut })).toEqual([invalid("privateKey", cutOff)]);
  });

  it("may have other line ends, widths and comments, and blocks of other kinds", () => {
    const parameters =
      "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    const lines = edge.certificate.trim().split("\n");
    const oneLine = [lines[0], lines.slice(1, -1).join(""), lines.at(-1)].join("\n");
    for (const certificate of [
      edge.certificate.replaceAll("\n", "\r\n"),
      oneLine,
      `# edge\n${oneLine}`,
    ]) {
      expect(complaints(key, { ...edge, certificate })).toEqual([]);
    }
    expect(complaints(key, { ...edge, privateKey: parameters + edge.privateKey })).toEqual([]);
  });
});
