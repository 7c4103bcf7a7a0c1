import { X509Certificate } from "node:crypto";
import * as tls from "node:tls";
import { LodeError } from "../../../../errors.js";

const CERTIFICATE =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/**
 * The system's roots and every certificate of the PEM bundles. Throws `invalid-config` for a bundle
 * that holds none, or one that cannot be read: a part of a bundle silently left out shows only
 * later, as a server that is not trusted.
 */
export function trustedRoots(ca: string | Buffer | readonly (string | Buffer)[]): string[] {
  const bundles = typeof ca === "string" || Buffer.isBuffer(ca) ? [ca] : ca;
  const added: string[] = [];
  for (const bundle of bundles) {
    const found = bundle.toString().match(CERTIFICATE);
    if (found === null) refuse("holds no PEM certificate");
    for (const certificate of found) {
      try {
        new X509Certificate(certificate);
      } catch (error) {
        refuse("holds a certificate that cannot be read", error);
      }
      added.push(certificate);
    }
  }
  return [...systemRoots(), ...added];
}

function systemRoots(): readonly string[] {
  // Since Node 22.15; includes NODE_EXTRA_CA_CERTS, which `rootCertificates` leaves out.
  const { getCACertificates } = tls as { getCACertificates?: (type: "default") => string[] };
  return getCACertificates?.("default") ?? tls.rootCertificates;
}

function refuse(what: string, cause?: unknown): never {
  throw new LodeError({
    code: "invalid-config",
    message: `the CA bundle ${what}; give a file of PEM certificates (AWS_CA_BUNDLE)`,
    cause,
  });
}
