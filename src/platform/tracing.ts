/** Traces as this program sees them; undefined in its place where tracing is off. */
export interface Tracing {
  start(span: SpanStart): TraceSpan;
  /** Sends what has not been sent yet, and starts nothing more. */
  shutdown(): Promise<void>;
}

export interface SpanStart {
  readonly name: string;
  readonly kind: 'server' | 'producer' | 'consumer';
  /** W3C `traceparent` of the span that this one is part of; a new trace begins without it. */
  readonly parent?: string | undefined;
  readonly attributes: SpanAttributes;
}

/** Named as OpenTelemetry's semantic conventions have it, or `jetbank.` and a name of ours. */
export type SpanAttributes = Readonly<Record<string, string | number>>;

export interface TraceSpan {
  readonly traceId: string;
  /** W3C `traceparent` of this span, for what it leads to; undefined for a trace that is not sampled. */
  readonly traceparent: string | undefined;
  /** `error` says in a word why it failed. */
  end(attributes: SpanAttributes, error?: string): void;
}

/** The trace id in a W3C `traceparent`: 32 hexadecimal digits. */
export const traceIdIn = (traceparent: string): string => traceparent.slice(3, 35);
