/**
 * Members of the W3C baggage header: `key=value;property, other=value`. Here, because decode asks
 * whether Envoy takes the pattern that a lane leads to.
 * https://www.w3.org/TR/baggage/#header-content
 */
import { regexText } from "./regex-text.ts";

/**
 * A regular expression for headers that hold the member; the whole header must match. Several
 * headers are one, joined by commas, before Envoy looks at them. Key and value are ASCII.
 */
export const baggagePattern = (key: string, value: string): string =>
  `(?:.*,)?[ \\t]*${pattern(key)}[ \\t]*=[ \\t]*${pattern(value)}[ \\t]*(?:[;,].*)?`;

/**
 * Libraries that read baggage and write it again percent-encode more than they must, each another
 * set of characters; none of them touches letters, digits, "-", "." and "_", which Envoy's bound on
 * the size of expressions leaves the more room for.
 */
const pattern = (text: string): string =>
  text.replace(/[^A-Za-z0-9_-]/g, (char) =>
    char === "." ? "\\." : `(?:${regexText(char)}|${percentEncoded(char)})`,
  );

/** In either case of the hexadecimal digits. */
const percentEncoded = (char: string): string =>
  `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`.replace(
    /[a-f]/g,
    (digit) => `[${digit}${digit.toUpperCase()}]`,
  );
