import { webcrypto } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
// What @peculiar/x509 asks to be there before it.
import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { Extension } from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

/** The paths of PEM files. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
  /** Certificate and key in one file, as MongoDB wants them. */
  readonly both: string;
}

/** A certificate authority for one test. */
export interface TestAuthority {
  /** The file of its own certificate. */
  readonly ca: string;
  /** A certificate for these host names and IP addresses, good for servers and clients. */
  issue(name: string, hosts: readonly string[]): Promise<CertificateFiles>;
}

/** Makes an authority whose files go into `folder`, where `name` tells them from another's. */
export async function testAuthority(folder: string, name = 'ca'): Promise<TestAuthority> {
  const validity = {
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
  };
  const keys = await newKeys();
  const authority = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    ...validity,
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  const ca = await write(folder, `${name}.crt`, authority.toString('pem'));

  return {
    ca,
    async issue(subject, hosts) {
      const own = await newKeys();
      const names = hosts.map(
        (value) => ({ type: isIP(value) > 0 ? 'ip' : 'dns', value }) as const,
      );
      const extensions: Extension[] = [
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
        ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
      ];
      const certificate = await X509CertificateGenerator.create({
        subject: `CN=${subject}`,
        issuer: authority.subject,
        ...validity,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        extensions,
      });
      const cert = certificate.toString('pem');
      const key = PemConverter.encode(
        await webcrypto.subtle.exportKey('pkcs8', own.privateKey),
        'PRIVATE KEY',
      );
      return {
        cert: await write(folder, `${subject}.crt`, cert),
        key: await write(folder, `${subject}.key`, key),
        both: await write(folder, `${subject}.pem`, `${cert}\n${key}\n`),
      };
    },
  };
}

const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

async function write(folder: string, name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}
