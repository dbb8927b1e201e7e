/** What a caller may do: `accounts:write` sends commands, `accounts:read` queries, `ops` operates. */
export const SCOPES = ['accounts:read', 'accounts:write', 'ops'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who sent a request, as the credential says. */
export interface Caller {
  /** Unique among all callers and the same with each of the caller's credentials: `key:teller`. */
  readonly id: string;
  readonly scopes: ReadonlySet<string>;
  /** Requests a second that this caller may send, where it is not the default. */
  readonly requestsPerSecond?: number | undefined;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Null where authentication is off, and on routes that are open to everybody. */
    caller: Caller | null;
    /** For answers that go on for long: whether the credential still counts, and has the scope. */
    stillAllowed(): Promise<boolean>;
  }
  interface FastifyContextConfig {
    /** What the route needs, where it is not what the routes of its service need. */
    scope?: Scope;
  }
}
