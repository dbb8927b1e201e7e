import { Ajv } from 'ajv';
import type { ErrorObject } from 'ajv';
import type { HttpServer } from './http-types.ts';
import { ProblemError } from './problem.ts';
import type { FieldError } from './problem.ts';

/**
 * Validates requests against the routes' schemas. A body is taken as it is: no member is converted,
 * dropped or filled in. Texts of the URL are converted to what the schema says.
 */
export function validateRequests(server: HttpServer): void {
  const forBodies = new Ajv({ verbose: true, strict: false });
  const forUrls = new Ajv({ useDefaults: true, coerceTypes: true, verbose: true, strict: false });
  server.setValidatorCompiler(({ schema, httpPart }) => {
    const validate = (httpPart === 'body' ? forBodies : forUrls).compile(schema as object);
    return (data) => {
      if (validate(data)) return { value: data };
      return { error: invalidRequest(validate.errors ?? [], httpPart ?? 'body') };
    };
  });
}

function invalidRequest(found: readonly ErrorObject[], httpPart: string): ProblemError {
  const errors = found.map((error) => fieldError(error, httpPart));
  const detail = errors.map((error) => error.detail).join('; ');
  return new ProblemError('invalid_request', detail, { errors });
}

/** Points at the member itself, also where Ajv points at the object that lacks it or has it too much. */
function fieldError(error: ErrorObject, httpPart: string): FieldError {
  const params = error.params as { missingProperty?: string; additionalProperty?: string };
  const { missingProperty, additionalProperty } = params;
  const named = missingProperty ?? additionalProperty;
  const member = named?.replaceAll('~', '~0').replaceAll('/', '~1');
  const pointer = member === undefined ? error.instancePath : `${error.instancePath}/${member}`;
  const name = pointer === '' ? `the ${httpPart}` : pointer.slice(1).replaceAll('/', '.');
  if (missingProperty !== undefined) return { pointer, detail: `${name} is required` };
  if (additionalProperty !== undefined) return { pointer, detail: `${name} is not known here` };
  // A schema's own words say more than the pattern it failed.
  const described = (error.parentSchema as { errorMessage?: string } | undefined)?.errorMessage;
  return { pointer, detail: `${name} ${described ?? wordsFor(error) ?? 'is not valid'}` };
}

const TYPES: Readonly<Record<string, string>> = {
  object: 'a JSON object',
  array: 'a list',
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
};

/** What the validator found, for people who do not know its keywords. */
function wordsFor({ keyword, params, message }: ErrorObject): string | undefined {
  const { type, limit = 0 } = params as { type?: string; limit?: number };
  switch (keyword) {
    case 'type':
      return `must be ${TYPES[String(type)] ?? String(type)}`;
    case 'minLength':
      return limit === 1 ? 'must not be empty' : `must have at least ${limit} characters`;
    case 'maxLength':
      return `must have at most ${limit} characters`;
    case 'minItems':
      return limit === 1 ? 'must not be empty' : `must have at least ${limit} items`;
    case 'maxItems':
      return `must have at most ${limit} items`;
    case 'minimum':
      return `must be ${limit} or more`;
    case 'maximum':
      return `must be ${limit} or less`;
    default:
      return message;
  }
}
