/**
 * `secrets/<name>`: a certificate with its key, an authority, or both; also a TLS Secret as Kubernetes
 * writes it. https://kubernetes.io/docs/concepts/configuration/secret/#tls-secrets
 */
import { z } from "zod";
import { full, text } from "./leaves.ts";
import { authoritiesProblem, chainProblem, privateKeyProblem } from "./pem.ts";

const pem = z.string({ error: "a PEM text" });
const path = text(4_096, 1);

const files = z
  .strictObject({
    certificate: path.optional(),
    privateKey: path.optional(),
    ca: path.optional(),
    watchedDirectory: path
      .optional()
      .describe("The files are read again when one is moved into this folder."),
  })
  .describe("Paths on the proxies' machines, instead of the texts.");

const base64Error = "base64 as Kubernetes writes it";
const base64 = z
  .string({ error: base64Error })
  .regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\s*$/, {
    error: base64Error,
    abort: true,
  });

// Strict: without a misspelt `ca` every client would be let in.
const secretFields = z.strictObject({
  certificate: pem.optional().describe("PEM; the certificate first, then those that signed it."),
  privateKey: pem.optional().describe("PEM, not encrypted; of the first certificate."),
  ca: pem.optional().describe("PEM; the authorities that sign the other side's certificates."),
  files: files.optional(),
  type: z.string().optional().describe("Of Kubernetes; has no effect."),
  data: z
    .record(z.string(), base64)
    .optional()
    .describe("Of Kubernetes: `tls.crt`, `tls.key` and `ca.crt` in base64."),
  stringData: z.record(z.string(), pem).optional().describe("The same, not in base64."),
});

type SecretFields = z.infer<typeof secretFields>;

/** One text of a secret, and where in the value it stands. */
export interface SecretText {
  readonly text: string;
  readonly at: readonly string[];
}

export interface SecretTexts {
  readonly certificate: SecretText;
  readonly privateKey: SecretText;
  readonly ca: SecretText;
}

/** The texts, from whichever form they were given in; an empty one is not there. */
export function textsOf(value: SecretFields): SecretTexts {
  const ofKubernetes = (field: string): SecretText | undefined => {
    const plain = Object.hasOwn(value.stringData ?? {}, field)
      ? value.stringData?.[field]
      : undefined;
    if (plain !== undefined) return { text: plain, at: ["stringData", field] };
    const encoded = Object.hasOwn(value.data ?? {}, field) ? value.data?.[field] : undefined;
    if (encoded === undefined) return undefined;
    return { text: Buffer.from(encoded, "base64").toString(), at: ["data", field] };
  };
  const from = (field: "certificate" | "privateKey" | "ca", kubernetesField: string) =>
    ofKubernetes(kubernetesField) ?? { text: value[field] ?? "", at: [field] };
  return {
    certificate: from("certificate", "tls.crt"),
    privateKey: from("privateKey", "tls.key"),
    ca: from("ca", "ca.crt"),
  };
}

interface Fault {
  readonly at: readonly string[];
  readonly message: string;
}

function formProblem(value: SecretFields): Fault | undefined {
  const isInline = [value.certificate, value.privateKey, value.ca].some((one) => one !== undefined);
  const isKubernetes = value.data !== undefined || value.stringData !== undefined;
  const forms = [isInline, value.files !== undefined, isKubernetes].filter(Boolean).length;
  if (forms === 1) return undefined;
  const message =
    forms === 0
      ? "expected a certificate with its privateKey, a ca, or both; or files with these"
      : "expected texts, files, or data of Kubernetes: one of the three";
  return { at: [], message };
}

function pairProblem(certificate: string, privateKey: string, ca: string): Fault | undefined {
  if ((certificate === "") !== (privateKey === "")) {
    return { at: [], message: "a certificate and its private key come together" };
  }
  if (certificate !== "" || ca !== "") return undefined;
  return { at: [], message: "expected a certificate with its private key, a ca, or both" };
}

function* faultsOf(value: SecretFields): Generator<Fault> {
  const form = formProblem(value);
  if (form !== undefined) return yield form;
  if (value.files !== undefined) {
    const { certificate = "", privateKey = "", ca = "" } = value.files;
    const pair = pairProblem(certificate, privateKey, ca);
    if (pair !== undefined) yield { ...pair, at: ["files"] };
    return;
  }
  const { certificate, privateKey, ca } = textsOf(value);
  const pair = pairProblem(certificate.text, privateKey.text, ca.text);
  if (pair !== undefined) yield pair;
  const chain = certificate.text === "" ? undefined : chainProblem(certificate.text);
  if (chain !== undefined) yield { at: certificate.at, message: chain };
  const goodChain = chain === undefined && certificate.text !== "" ? certificate.text : undefined;
  const key = privateKey.text === "" ? undefined : privateKeyProblem(privateKey.text, goodChain);
  if (key !== undefined) yield { at: privateKey.at, message: key };
  const authorities = ca.text === "" ? undefined : authoritiesProblem(ca.text);
  if (authorities !== undefined) yield { at: ca.at, message: authorities };
}

export const secretSchema = secretFields
  .superRefine((value, context) => {
    for (const { at, message } of faultsOf(value)) {
      context.addIssue({ code: "custom", path: [...at], message, params: full });
    }
  })
  .describe("A certificate with its key, an authority, or both.");

export type SecretValue = z.infer<typeof secretSchema>;
