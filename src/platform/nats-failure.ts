import { messageOf } from './message-of.ts';

/** What to do, by what the TLS layer, the server or the client says. The first that fits counts. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /unable to (verify|get)|self.signed certificate/i,
    "set NATS_TLS_CA to the certificate of the authority that signed the server's",
  ],
  [
    /does not match certificate's altnames|IP: .* is not in the cert's list/i,
    'name the server in NATS_URL as its certificate does, or have the name added to the certificate',
  ],
  [/certificate has expired/i, "have the server's certificate renewed, or its authority's"],
  [
    /server does not support 'tls'/,
    'tls:// in NATS_URL or one of NATS_TLS_* asks for TLS, which the server does not have',
  ],
  [
    // The client does not hear that the server refused its certificate.
    /^timeout$/,
    'where the server asks for client certificates, set NATS_TLS_CERT and NATS_TLS_KEY to one that it accepts',
  ],
  [
    /authorization violation|authentication/i,
    'check NATS_USER and NATS_PASSWORD, NATS_NKEY_FILE or NATS_CREDS_FILE against the users of the server',
  ],
];

/** Why there is no connection and, where somebody has to act, what to do. */
export function natsReason(error: unknown): string {
  const reason = messageOf(error);
  const advice = ADVICE.find(([pattern]) => pattern.test(reason))?.[1];
  return advice === undefined ? reason : `${reason}: ${advice}`;
}
