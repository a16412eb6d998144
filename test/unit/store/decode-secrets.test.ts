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
