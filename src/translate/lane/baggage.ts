/**
 * Members of the W3C baggage header: `key=value;property, other=value`.
 * https://www.w3.org/TR/baggage/#header-content
 */

/** A regular expression for headers that hold the member; the whole header must match. */
export const baggagePattern = (key: string, value: string): string =>
  `(?:.*,)?[ \\t]*${escaped(key)}[ \\t]*=[ \\t]*${escaped(value)}[ \\t]*(?:;[^,]*)?(?:,.*)?`;

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
