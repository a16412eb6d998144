/**
 * Members of the W3C baggage header: `key=value;property, other=value`.
 * https://www.w3.org/TR/baggage/#header-content
 */

/**
 * A regular expression for headers that hold the member; the whole header must match. Several
 * headers are one, joined by commas, before Envoy looks at them.
 */
export const baggagePattern = (key: string, value: string): string =>
  `(?:.*,)?[ \\t]*${pattern(key)}[ \\t]*=[ \\t]*${pattern(value)}[ \\t]*(?:;[^,]*)?(?:,.*)?`;

/**
 * Libraries that read baggage and write it again percent-encode more than they must, each another
 * set of characters; none of them touches letters and digits.
 */
const pattern = (text: string): string =>
  text.replace(/[^A-Za-z0-9]/g, (char) => `(?:${escaped(char)}|${percentEncoded(char)})`);

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** In either case of the hexadecimal digits. */
const percentEncoded = (char: string): string =>
  [...Buffer.from(char)]
    .map((byte) => `%${byte.toString(16).padStart(2, "0")}`)
    .join("")
    .replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
