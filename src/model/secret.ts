/** `secrets/<name>`: a certificate with its key, an authority, or both; also a Kubernetes TLS Secret. */
import type { SecretName } from "./names.ts";

export interface Secret {
  readonly name: SecretName;
  readonly content: /** PEM texts; an empty one is not there. A certificate and its key come together. */
    | {
        readonly kind: "inline";
        readonly certificate: string;
        readonly privateKey: string;
        readonly ca: string;
      }
    /** Paths on the proxy's machine. */
    | {
        readonly kind: "files";
        readonly certificate: string;
        readonly privateKey: string;
        readonly ca: string;
        /** The proxy reads again when a file is moved into this folder; empty: never. */
        readonly watchedDirectory: string;
      };
  /** Store key. */
  readonly origin: string;
}
