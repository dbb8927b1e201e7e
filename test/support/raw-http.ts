import { request } from 'node:http';
import { answerOf } from './http.ts';
import type { Answer } from './http.ts';

export interface RawRequest {
  readonly method: string;
  /** As it goes over the wire: nothing is normalised or encoded. */
  readonly path: string;
  /** A list sends the header several times. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array;
}

const ANSWER_TIMEOUT_MS = 10_000;

/** Sends what fetch would refuse or tidy up: odd paths, headers and bodies. */
export function sendRaw(url: string, raw: RawRequest): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const { method, path, headers = {}, body } = raw;
  return new Promise((resolve, reject) => {
    const sent = request(
      { hostname, port, method, path, headers, agent: false, timeout: ANSWER_TIMEOUT_MS },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => {
          const entries = Object.entries(response.headers).map(
            ([name, value]): [string, string] => [name, String(value)],
          );
          resolve(answerOf(response.statusCode ?? 0, new Headers(entries), text));
        });
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer`)));
    // A server that refuses a large body may hang up while it is still being sent; what counts is
    // whether the answer came.
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') reject(error);
    });
    sent.end(body);
  });
}
