/**
 * TLS of a listener. Certificates and authorities are names under secrets/.
 * https://gateway-api.sigs.k8s.io/reference/spec/#listenertlsconfig
 */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { later, listOf, name, text } from "./leaves.ts";

const namespace = text(63).optional().describe("Ignored: names are flat.");
const group = z.enum(["", "core"]).optional();

const certificateRef = z.object({
  group,
  kind: z.literal("Secret").optional(),
  namespace,
  name: name.describe("Under secrets/."),
});

const authorityRef = z.object({
  group,
  kind: z.enum(["Secret", "ConfigMap"]).optional(),
  namespace,
  name: name.describe("Under secrets/, of which the `ca` counts."),
});

const oneAuthority = "exactly one authority: put several into its ca";

// Strict: without a misspelt authority every client would be let in.
const frontendValidation = z
  .strictObject({
    caCertificateRefs: z
      .array(authorityRef, { error: oneAuthority })
      .length(1, { error: oneAuthority })
      .describe("Whose clients are let in; they must show a certificate."),
    mode: z.literal("AllowValidOnly").optional(),
  })
  .describe("Clients must show a certificate.");

export const listenerTlsSchema = z.strictObject({
  mode: z.enum(["Terminate", "Passthrough"]).optional().describe("Default Terminate."),
  certificateRefs: listOf(certificateRef, limits.decode.certificateRefs, "certificates").optional(),
  frontendValidation: frontendValidation.optional(),
  options: later("Options"),
});

export type ListenerTlsValue = z.infer<typeof listenerTlsSchema>;
export type ListenerProtocol = "HTTP" | "HTTPS" | "TLS" | "TCP";

/** A fault of what a listener says of TLS, and where below `tls` it is. */
export interface TlsFault {
  readonly at: readonly string[];
  readonly message: string;
}

/** What the protocol and the TLS of a listener have against each other. */
export function tlsFault(
  protocol: ListenerProtocol,
  tls: ListenerTlsValue | undefined,
): TlsFault | undefined {
  if (tls === undefined) {
    const needsTls = protocol === "HTTPS" || protocol === "TLS";
    return needsTls ? { at: [], message: `a listener of ${protocol} needs tls` } : undefined;
  }
  if (protocol === "HTTP") return { at: [], message: "HTTP has no TLS; HTTPS has" };
  if (tls.mode === "Passthrough") return passthroughFault(protocol, tls);
  if ((tls.certificateRefs ?? []).length > 0) return undefined;
  return { at: ["certificateRefs"], message: "expected a certificate for Terminate" };
}

function passthroughFault(
  protocol: ListenerProtocol,
  { frontendValidation: validation }: ListenerTlsValue,
): TlsFault | undefined {
  if (protocol !== "TLS") {
    return { at: ["mode"], message: `only listeners of TLS pass it through, not ${protocol}` };
  }
  if (validation === undefined) return undefined;
  const message = "TLS that is passed through shows no certificate of the client";
  return { at: ["frontendValidation"], message };
}
