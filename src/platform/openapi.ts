import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { securitySchemes } from './auth/document-scope.ts';
import type { AuthSettings } from './auth/settings.ts';
import { DOCS_POLICY } from './http-headers.ts';
import type { HttpServer } from './http-types.ts';

/** OpenAPI 3.1 from the routes' schemas at /openapi.json, and a page for people at /docs. */
export async function documentApi(
  server: HttpServer,
  title: string,
  auth: AuthSettings,
): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title, version: '1' },
      components: { securitySchemes: securitySchemes(auth) },
    },
    transformObject: (document) =>
      'openapiObject' in document ? published(document.openapiObject) : document.swaggerObject,
  });
  await server.register(swaggerUi, { routePrefix: '/docs', staticCSP: DOCS_POLICY });
  server.get('/openapi.json', { schema: { hide: true } }, () => server.swagger());
}

interface RequestBody {
  required: boolean;
  readonly content: Readonly<Record<string, { readonly schema: BodySchema }>>;
}

interface BodySchema {
  /** The body may be missing. */
  readonly optional?: boolean;
  /** What the route itself checks, with better words than a validator has for it: published as `oneOf`. */
  readonly oneForm?: readonly object[];
  readonly oneOf?: readonly object[];
}

/** The document as clients can use it: without keywords that mean something to this program only. */
function published<Document extends object>(document: Document): Document {
  const text = JSON.stringify(document, (key, value: unknown) => {
    if (key === 'errorMessage') return undefined;
    return key === 'requestBody' ? publishedBody(value as RequestBody) : value;
  });
  return JSON.parse(text) as Document;
}

function publishedBody({ content }: RequestBody): RequestBody {
  let required = true;
  const bodies = Object.entries(content).map(([type, { schema }]) => {
    const { optional, oneForm, ...rest } = schema;
    if (optional === true) required = false;
    const body: BodySchema = oneForm === undefined ? rest : { ...rest, oneOf: oneForm };
    return [type, { schema: body }] as const;
  });
  return { required, content: Object.fromEntries(bodies) };
}
