import { MongoServerError } from 'mongodb';
import { messageOf } from './message-of.ts';

/** MongoDB's own codes. */
const UNAUTHORIZED = 13;
const AUTHENTICATION_FAILED = 18;

/** What to do, by what the TLS layer and the driver say. The first that fits counts. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /unable to (verify|get)|self.signed certificate/i,
    "add tlsCAFile to it, the certificate of the authority that signed the server's",
  ],
  [
    /does not match certificate's altnames|IP: .* is not in the cert's list/i,
    'name the server in it as its certificate does, or have the name added to the certificate',
  ],
  [/certificate has expired/i, "have the server's certificate renewed, or its authority's"],
  [
    /certificate required|bad certificate|handshake failure|unknown ca/i,
    'add tlsCertificateKeyFile to it, a client certificate that the server accepts',
  ],
];

/** Why there is no connection and, where somebody has to act, what to do with MONGO_URI. */
export function connectReason(error: unknown, tls: boolean): string {
  const reason = messageOf(error);
  const advice = adviceFor(error, reason, tls);
  return advice === undefined ? reason : `${reason}: ${advice}`;
}

function adviceFor(error: unknown, reason: string, tls: boolean): string | undefined {
  if (error instanceof MongoServerError && error.code === UNAUTHORIZED) {
    return reason.includes('requires authentication')
      ? 'add a user and a password to it: the server asks for them'
      : 'give its user the role readWrite on the database that it names';
  }
  if (error instanceof MongoServerError && error.code === AUTHENTICATION_FAILED) {
    return 'check its user, password and authSource, the database that the user was made in';
  }
  // A server that wants TLS closes a connection in plain text, and a server without TLS the other way round.
  if (/connection .* closed|wrong version number|packet length too long/i.test(reason)) {
    return tls ? 'the server may have no TLS' : 'where the server wants TLS, add tls=true to it';
  }
  return ADVICE.find(([pattern]) => pattern.test(reason))?.[1];
}
