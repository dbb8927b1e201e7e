/** An HTTP answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON. @throws Error with the whole answer when it is none. */
  readonly body: unknown;
  /** The body of a 2xx answer that is one account. @throws Error with the whole answer otherwise. */
  readonly account: AccountBody;
  /** The body of a problem answer. @throws Error with the whole answer when it is none. */
  readonly problem: ProblemBody;
}

export interface AccountBody {
  readonly accountId: string;
  readonly ownerName: string;
  readonly currency: string;
  readonly balance: string;
  readonly version: number;
  readonly sequence: number;
}

export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: string;
  readonly requestId: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

export interface PageBody {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly nextCursor: string | null;
}

export type RequestHeaders = Readonly<Record<string, string>>;

/** No answer of the bank takes longer, in milliseconds. */
const ANSWER_TIMEOUT_MS = 15_000;

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: RequestHeaders;
  /** Sent as JSON, unless it is a text: that is sent as it is. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** Sends one request; content-type is application/json where there is a body. */
export async function send(url: string, options: RequestOptions = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body } = options;
  const response = await fetch(url, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    signal: options.signal ?? AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  return answerOf(response.status, response.headers, await response.text());
}

export function answerOf(status: number, headers: Headers, text: string): Answer {
  const told = () => `${status} ${headers.get('content-type') ?? ''}: ${text.slice(0, 2_000)}`;
  const parsed = (): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      throw new Error(`not JSON: ${told()}`);
    }
  };
  return {
    status,
    headers,
    text,
    get body() {
      return parsed();
    },
    get account() {
      if (status >= 200 && status < 300) return parsed() as AccountBody;
      throw new Error(`not an account: ${told()}`);
    },
    get problem() {
      if (headers.get('content-type')?.startsWith('application/problem+json')) {
        return parsed() as ProblemBody;
      }
      throw new Error(`not a problem: ${told()}`);
    },
  };
}

/** The requests of the bank's HTTP contract to one service. */
export function bankClient(url: string) {
  const post = (path: string, body: unknown, headers: RequestHeaders = {}, signal?: AbortSignal) =>
    send(`${url}${path}`, { method: 'POST', body, headers, ...(signal && { signal }) });
  return {
    create: (initialBalance: unknown, headers?: RequestHeaders, more: object = {}) =>
      post('/accounts', { ownerName: 'Ada Lovelace', initialBalance, ...more }, headers),
    deposit: (id: string, amount: unknown, headers?: RequestHeaders, signal?: AbortSignal) =>
      post(`/accounts/${id}/deposit`, { amount }, headers, signal),
    withdraw: (id: string, amount: unknown, headers?: RequestHeaders, signal?: AbortSignal) =>
      post(`/accounts/${id}/withdraw`, { amount }, headers, signal),
    post,
    get: (path: string, headers: RequestHeaders = {}) => send(`${url}${path}`, { headers }),
  };
}

export type BankClient = ReturnType<typeof bankClient>;

export const keyed = (key: string): RequestHeaders => ({ 'idempotency-key': key });
