/** A checked secret → the model. */
import type { Secret } from "../../model/secret.ts";
import { type SecretValue, textsOf } from "../schema/secret.ts";
import type { Content, KeyOf } from "./content.ts";

export function toSecret(value: SecretValue, key: KeyOf<"secrets">, origin: string): Content {
  return { kind: "secret", secret: { name: key.secret, content: contentOf(value), origin } };
}

function contentOf(value: SecretValue): Secret["content"] {
  if (value.files !== undefined) {
    const { certificate = "", privateKey = "", ca = "", watchedDirectory = "" } = value.files;
    return { kind: "files", certificate, privateKey, ca, watchedDirectory };
  }
  const { certificate, privateKey, ca } = textsOf(value);
  return {
    kind: "inline",
    certificate: certificate.text,
    privateKey: privateKey.text,
    ca: ca.text,
  };
}
