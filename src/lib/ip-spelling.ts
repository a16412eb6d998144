import { isIPv4, isIPv6 } from "node:net";

/**
 * The one spelling of an IP address (RFC 5952, but IPv4 in IPv6 is written in hexadecimal), so that
 * equal ones are equal texts; undefined where `text` is none, or names an interface.
 */
export function ipSpelling(text: string): string | undefined {
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes("%")) return undefined;
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}
