/**
 * TLS from the proxies to the instances. Certificates come over SDS, so that a new one does not make
 * the cluster anew; names are checked only as the service says, never against a request's Host.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/transport_sockets/tls/v3/tls.proto
 */
import type { SecretName } from "../../model/names.ts";
import type { AppProtocol, UpstreamTls } from "../../model/service.ts";
import type { MessageOf } from "../../proto/messages.ts";
import { anyOf } from "../../proto/values.ts";
import type { Reference } from "../../snapshot/resource.ts";
import { typeUrls } from "../../snapshot/type-url.ts";
import { adsSource } from "../ads-source.ts";
import { authorityName, certificateName } from "../names.ts";

const tls = "envoy.extensions.transport_sockets.tls.v3";
type CommonTlsContext = MessageOf<`${typeof tls}.CommonTlsContext`>;
type ValidationContext = MessageOf<`${typeof tls}.CertificateValidationContext`>;
type SanMatcher = NonNullable<ValidationContext["match_typed_subject_alt_names"]>[number];

/** Where Debian, Alpine and Envoy's own images have the system's authorities. */
const systemAuthorities = "/etc/ssl/certs/ca-certificates.crt";

export function upstreamTlsOf(
  { sni, ca, subjectAltNames, certificate }: UpstreamTls,
  protocol: AppProtocol,
): MessageOf<"envoy.config.core.v3.TransportSocket"> {
  const names = subjectAltNames.length > 0 || sni === undefined ? subjectAltNames : [sni];
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: anyOf(`${tls}.UpstreamTlsContext`, {
      ...(sni === undefined ? {} : { sni }),
      common_tls_context: {
        ...(protocol === "http2" ? { alpn_protocols: ["h2"] } : {}),
        ...(certificate === undefined
          ? {}
          : { tls_certificate_sds_secret_configs: [fetched(certificateName(certificate))] }),
        ...validation(ca, names.map(sanMatcher)),
      },
    }),
  };
}

/** The secrets that the cluster cannot do without. */
export const secretsOf = ({ ca, certificate }: UpstreamTls): readonly Reference[] =>
  [
    ...(certificate === undefined ? [] : [certificateName(certificate)]),
    ...(ca === undefined ? [] : [authorityName(ca)]),
  ].map((name) => ({ typeUrl: typeUrls.secret, name }));

function validation(ca: SecretName | undefined, names: readonly SanMatcher[]): CommonTlsContext {
  const own = names.length === 0 ? {} : { match_typed_subject_alt_names: names };
  if (ca === undefined) {
    // Envoy knows `system_root_certs` and does nothing for it: no certificate would be checked.
    return { validation_context: { trusted_ca: { filename: systemAuthorities }, ...own } };
  }
  const authority = fetched(authorityName(ca));
  if (names.length === 0) return { validation_context_sds_secret_config: authority };
  return {
    combined_validation_context: {
      default_validation_context: own,
      validation_context_sds_secret_config: authority,
    },
  };
}

const fetched = (name: string) => ({ name, sds_config: adsSource });

function sanMatcher(name: string): SanMatcher {
  return { san_type: sanType(name), matcher: { exact: name } };
}

/** No name in DNS ends in digits alone, and none has a colon. */
function sanType(name: string): NonNullable<SanMatcher["san_type"]> {
  if (/^[\d.]+$|^[\da-f]*:[\da-f:.]*$/i.test(name)) return "IP_ADDRESS";
  return name.includes(":") ? "URI" : "DNS";
}
