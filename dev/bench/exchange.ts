import { Agent, request } from 'node:http';

/** Keep-alive connections of a load at a fixed rate; a request that finds none free waits. */
export const OPEN_LOOP_CONNECTIONS = 256;

export interface Answered {
  readonly status: number;
  readonly text: string;
}

export const keepAlive = (): Agent =>
  new Agent({ keepAlive: true, maxSockets: OPEN_LOOP_CONNECTIONS });

/** A POST of the JSON text where there is one, else a GET. @throws what breaks the connection. */
export function exchange(agent: Agent, url: string, body?: string): Promise<Answered> {
  const headers = { 'content-type': 'application/json', 'content-length': body?.length ?? 0 };
  const options = body === undefined ? { agent } : { agent, method: 'POST', headers };
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Deposits 1.00; answers the stream sequence. @throws Error when the answer is not 200. */
export async function deposit(agent: Agent, url: string, accountId: string): Promise<number> {
  const answer = await exchange(agent, `${url}/accounts/${accountId}/deposit`, '{"amount":1.00}');
  if (answer.status !== 200) throw new Error(`a deposit was answered ${answer.status}`);
  return sequenceIn(answer);
}

/** The stream sequence that an account's answer states. */
export const sequenceIn = ({ text }: Answered): number =>
  (JSON.parse(text) as { readonly sequence: number }).sequence;
