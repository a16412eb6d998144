/** A trace in plain values: what was done, when, and what came of it. Times are wall-clock ms. */
export type AttributeValue = string | number | readonly string[];
export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface SpanEvent {
  readonly name: string;
  readonly atMs: number;
  readonly attributes: Attributes;
}

export interface Span {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly events?: readonly SpanEvent[];
  /** Why it counts as failed, in one sentence. */
  readonly error?: string | undefined;
  readonly children?: readonly Span[];
}
