/**
 * The names in a certificate: its DNS names and URIs. The common name is none of them.
 * https://www.rfc-editor.org/rfc/rfc9525.html#name-constructing-a-list-of-refe
 */
import type { X509Certificate } from "node:crypto";

/** `DNS:a, URI:"b, c"`: where a value could be taken for something else, node writes it as JSON. */
const entries = /(?:^|, )(\w[\w ]*):("(?:[^"\\]|\\.)*"|[^,"]*)(?=, |$)/gy;

export function certificateNames({ subjectAltName }: X509Certificate): readonly string[] {
  return [...(subjectAltName ?? "").matchAll(entries)]
    .filter(([, kind = "", value = ""]) => /^(?:DNS|URI)$/.test(kind) && !value.startsWith('"'))
    .map(([, , value = ""]) => value);
}
