import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { v5 as uuidV5 } from 'uuid';
import type { Command, CreateAccount } from '../../account/commands.ts';
import { parseDecimalString, parseJsonNumber } from '../../account/money.ts';
import type { Decimal } from '../../account/money.ts';
import { shortHash } from '../../account/record.ts';
import { CONTROL_CHARACTERS } from '../../platform/control-characters.ts';
import { invalidField, ProblemError } from '../../platform/problem.ts';
import type { CommandRequest } from '../command.ts';

/** Account ids of keyed creations are UUIDv5 in this namespace, so that creating twice meets itself. */
const ACCOUNT_NAMESPACE = '7f0c1c7e-5d0b-4a57-9a3e-2f6f0f9f6d51';

const KEY = /^[\x21-\x7e]{1,255}$/;
const ENTITY_TAG = /^"(\d{1,9})"$/;
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Transfers and holds of keyed requests are UUIDv5 in this one, of their account and the key. */
const OPERATION_NAMESPACE = '0c5b7a6e-3d1f-4b52-9d0c-5b3f6a1e8c24';

/** The exact decimal of a body's field, such as `amount` or `legs/0/amount`. @throws ProblemError `invalid_amount` */
export function readAmount(request: FastifyRequest, field: string, value: unknown): Decimal {
  const source = request.jsonNumbers?.get(`/${field}`);
  const parsed = source === undefined ? parseDecimalString(String(value)) : parseJsonNumber(source);
  if (!parsed.ok) throw invalidField(`/${field}`, `${field} ${parsed.reason}`, 'invalid_amount');
  return parsed.value;
}

/** A text of the body's field without the blanks around it. @throws ProblemError `invalid_request` */
export function readText(field: string, value: string): string {
  const text = value.trim();
  if (text === '') throw invalidField(`/${field}`, `${field} must not be blank`);
  if (CONTROL_CHARACTERS.test(text) || !text.isWellFormed()) {
    const detail = `${field} must not contain control characters or broken Unicode`;
    throw invalidField(`/${field}`, detail);
  }
  return text;
}

interface Headers {
  readonly 'idempotency-key'?: string;
  readonly 'if-match'?: string;
  readonly traceparent?: string;
}

/**
 * The request as a command of one account. `accountId` is undefined for a creation: it gets a new id,
 * or with a key the one that this key always gets. `meaning` is what a repeat must ask for too.
 * @throws ProblemError `invalid_request` for a key or a condition that cannot be read.
 */
export function readCommand(
  request: FastifyRequest<{ Headers: Headers }>,
  accountId: string | undefined,
  command: Command,
  meaning: object = command,
): CommandRequest {
  const { 'idempotency-key': key, 'if-match': condition } = request.headers;
  if (key !== undefined && !KEY.test(key)) {
    const detail = 'Idempotency-Key must be 1 to 255 visible ASCII characters';
    throw new ProblemError('invalid_request', detail);
  }
  const expectedVersion = readCondition(condition);
  const traceparent = traceparentOf(request);
  return {
    accountId: accountId ?? (key === undefined ? randomUUID() : uuidV5(key, ACCOUNT_NAMESPACE)),
    command,
    commandId: key ?? randomUUID(),
    commandHash: key === undefined ? null : commandHash(request, accountId, meaning),
    ...(expectedVersion !== undefined && { expectedVersion }),
    ...(traceparent !== undefined && { traceparent }),
    requestId: request.id,
  };
}

/** The creation, of a request that named no currency: the same whatever the service's default is by now. */
export function withDefaultCurrency(
  request: FastifyRequest<{ Headers: Headers }>,
  creation: CreateAccount,
): CommandRequest {
  const read = readCommand(request, undefined, creation, { ...creation, currency: undefined });
  if (read.commandHash === null) return read;
  return { ...read, commandHashBefore: () => commandHash(request, undefined, creation) };
}

/** Of the request's own span where there are traces, else what the client sent, if it is one. */
function traceparentOf({ span, headers }: FastifyRequest<{ Headers: Headers }>) {
  if (span !== null) return span.traceparent;
  const { traceparent } = headers;
  return traceparent !== undefined && TRACEPARENT.test(traceparent) ? traceparent : undefined;
}

/**
 * The id of what a request makes on the account, a transfer or a hold: with a key always the same, so
 * that a repeat is answered with it.
 */
export function operationId(
  { headers }: FastifyRequest<{ Headers: Headers }>,
  accountId: string,
): string {
  const key = headers['idempotency-key'];
  return key === undefined ? randomUUID() : uuidV5(`${accountId}:${key}`, OPERATION_NAMESPACE);
}

function readCondition(condition: string | undefined): number | undefined {
  if (condition === undefined || condition === '*') return undefined;
  const version = ENTITY_TAG.exec(condition)?.[1];
  if (version !== undefined) return Number(version);
  const detail = 'If-Match must be one version in quotes, such as "3"';
  throw new ProblemError('invalid_request', detail);
}

/**
 * Equal for requests of the same caller that ask for the same: by what the command means, not how it
 * was spelled. What a request lacks is not in it, so that a retry may come after the release that
 * added it. Whoever sends a key of somebody else is refused, and learns nothing but that it is taken.
 */
function commandHash(
  request: FastifyRequest,
  accountId: string | undefined,
  meaning: object,
): string {
  const { method, routeOptions, caller } = request;
  const asked = [method, routeOptions.url, accountId ?? null, meaning];
  return shortHash(JSON.stringify(caller === null ? asked : [...asked, caller.id], bigIntAsText));
}

const bigIntAsText = (_: string, value: unknown) =>
  typeof value === 'bigint' ? value.toString() : value;
