import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { Server, ServerOptions } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { EnvironmentReader } from './environment.ts';
import type { Logger } from './logger.ts';
import { messageOf } from './message-of.ts';
import { onFileChange } from './watch-file.ts';

/** The files of a certificate with its chain, and of its key, both PEM. */
export interface TlsSettings {
  readonly certFile: string;
  readonly keyFile: string;
}

/** RFC 9325: older versions must not be used. */
const MIN_VERSION = 'TLSv1.2';

/** HTTP_TLS_CERT and HTTP_TLS_KEY; undefined where neither is set: the service then speaks plain HTTP. */
export function readTlsSettings(env: EnvironmentReader): TlsSettings | undefined {
  const certFile = env.optional('HTTP_TLS_CERT');
  const keyFile = env.optional('HTTP_TLS_KEY');
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined) {
    env.reject('HTTP_TLS_CERT and HTTP_TLS_KEY go together: set both, or neither');
    return undefined;
  }
  const settings = { certFile, keyFile };
  try {
    createSecureContext(contextOf(settings));
  } catch (error) {
    env.reject(`HTTP_TLS_CERT ${certFile}, HTTP_TLS_KEY ${keyFile}: ${messageOf(error)}`);
  }
  return settings;
}

/** An HTTPS server that takes a renewed certificate without a restart, for new connections. */
export function createHttpsServer(
  tls: TlsSettings,
  options: ServerOptions,
  handler: RequestListener,
  log: Logger,
): Server {
  const server = createServer({ ...options, ...contextOf(tls) }, handler);
  const renew = () => {
    try {
      const context = contextOf(tls);
      // Between the changes of the two files they do not fit together.
      createSecureContext(context);
      server.setSecureContext(context);
      log.info({ certFile: tls.certFile }, 'the certificate was read again');
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'the certificate stays as it was');
    }
  };
  onFileChange(tls.certFile, renew);
  onFileChange(tls.keyFile, renew);
  return server;
}

const contextOf = ({ certFile, keyFile }: TlsSettings) => ({
  cert: readFileSync(certFile),
  key: readFileSync(keyFile),
  minVersion: MIN_VERSION as typeof MIN_VERSION,
});
