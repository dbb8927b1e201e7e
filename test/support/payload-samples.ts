import { readFileSync } from 'node:fs';

/** A payload as the log holds it, from a release whose newest schema was the sample's. */
export interface PayloadSample {
  /** "<Record>.v<N>". */
  readonly schema: string;
  readonly payload: Buffer;
  /** What `jetbank decode` said of it in that release. */
  readonly record: Readonly<Record<string, unknown>>;
}

interface Fixture {
  readonly samples: Readonly<
    Record<string, { readonly hex: string; readonly record: PayloadSample['record'] }>
  >;
}

/** One of every schema. The events among them are, in this order, the history of one account. */
export const payloadSamples: readonly PayloadSample[] = readSamples();

/** The account that the samples are of. */
export const SAMPLE_ACCOUNT = '6f1c1c52-4a34-4c0e-9f5a-0d2f4f3f8a10';

function readSamples(): PayloadSample[] {
  const file = new URL('../fixtures/payloads.json', import.meta.url);
  const { samples } = JSON.parse(readFileSync(file, 'utf8')) as Fixture;
  return Object.entries(samples).map(([schema, { hex, record }]) => ({
    schema,
    payload: Buffer.from(hex, 'hex'),
    record,
  }));
}
