/**
 * Traces as OTLP over HTTP has them, in JSON: 64-bit numbers are texts, ids hexadecimal.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 * https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
 */
import type { Attributes, AttributeValue, Span } from "./trace.ts";

/** Of bytes, by chance; a trace has 16 and a span 8. */
export type IdOf = (bytes: number) => string;

/** SPAN_KIND_INTERNAL */
const internal = 1;
/** STATUS_CODE_ERROR */
const error = 2;

/** Spans of one trace, with ids: they stay the same however often it is sent. */
export type EncodedTrace = readonly object[];

export const encodeTrace = (root: Span, idOf: IdOf): EncodedTrace =>
  spansOf(root, { traceId: idOf(16), parent: "" }, idOf);

/** The body of a request. */
export function traceRequest(resource: Attributes, traces: readonly EncodedTrace[]): string {
  const scopeSpans = [{ scope: { name: "serin" }, spans: traces.flat() }];
  return JSON.stringify({
    resourceSpans: [{ resource: { attributes: attributes(resource) }, scopeSpans }],
  });
}

interface Place {
  readonly traceId: string;
  readonly parent: string;
}

function spansOf(span: Span, { traceId, parent }: Place, idOf: IdOf): readonly object[] {
  const spanId = idOf(8);
  const { events = [], children = [] } = span;
  const own = {
    traceId,
    spanId,
    ...(parent !== "" && { parentSpanId: parent }),
    name: span.name,
    kind: internal,
    startTimeUnixNano: nanoseconds(span.startMs),
    endTimeUnixNano: nanoseconds(span.endMs),
    attributes: attributes(span.attributes),
    events: events.map(({ name, atMs, attributes: of }) => ({
      timeUnixNano: nanoseconds(atMs),
      name,
      attributes: attributes(of),
    })),
    status: span.error === undefined ? {} : { code: error, message: span.error },
  };
  return [own, ...children.flatMap((child) => spansOf(child, { traceId, parent: spanId }, idOf))];
}

const attributes = (of: Attributes): readonly object[] =>
  Object.entries(of).map(([key, value]) => ({ key, value: anyValue(value) }));

function anyValue(value: AttributeValue): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "number") {
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  }
  return { arrayValue: { values: value.map((each) => ({ stringValue: each })) } };
}

/** Microseconds are as exact as the clock. */
const nanoseconds = (ms: number): string => `${Math.round(ms * 1_000)}000`;
