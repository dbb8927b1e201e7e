import type { IncomingHttpHeaders } from 'node:http';
import type { HttpServer } from './http-types.ts';
import { parseJsonBody } from './json-body.ts';
import { ProblemError } from './problem.ts';

const JSON_TYPE = 'application/json';
const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)/i;

/** Bodies are strict JSON in UTF-8 as it is. An empty one is none, whatever its type says. */
export function acceptOnlyJson(server: HttpServer): void {
  server.decorateRequest('jsonNumbers', null);
  server.removeAllContentTypeParsers();
  const options = { parseAs: 'buffer' as const };
  server.addContentTypeParser(JSON_TYPE, options, (request, body, done) => {
    if (body.length === 0) {
      done(null);
      return;
    }
    try {
      refuseEncoded(request.headers);
      const { value, numbers } = parseJsonBody(body as Buffer);
      request.jsonNumbers = numbers;
      done(null, value);
    } catch (error) {
      done(error as Error);
    }
  });
}

/** To read the bytes as something else than the client says they are could carry out what it never sent. */
function refuseEncoded(headers: IncomingHttpHeaders): void {
  const { 'content-encoding': encoding, 'content-type': type = '' } = headers;
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    const detail = 'the body must be sent as it is, without a Content-Encoding';
    throw new ProblemError('unsupported_media_type', detail);
  }
  const charset = type === JSON_TYPE ? undefined : CHARSET.exec(type)?.[1];
  if (charset !== undefined && charset.toLowerCase() !== 'utf-8') {
    throw new ProblemError('unsupported_media_type', 'the body must be JSON in UTF-8');
  }
}
