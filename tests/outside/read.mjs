// Reads credentials as a stranger would: @sd-jwt/sd-jwt-vc over jose, with the issuer's metadata, keys, type and status list
// fetched from where the credential says. Input: {"issuer", "now", "cases": {name: credential}}; output: {name: verdict}.
import { createHash, webcrypto } from "node:crypto";
import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc";
import { compactVerify, createLocalJWKSet } from "jose";

// Node 18, which Debian 12 has, keeps it behind a flag.
globalThis.crypto ??= webcrypto;

const { issuer, now, cases } = JSON.parse(await new Response(process.stdin).text());

async function fetched(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.json();
}

const metadata = await fetched(`${issuer}/.well-known/jwt-vc-issuer`);
if (metadata.issuer !== issuer) throw new Error("another issuer's metadata");
const keys = createLocalJWKSet(await fetched(metadata.jwks_uri));

async function isSigned(typ, data, signature) {
  try {
    const { protectedHeader } = await compactVerify(`${data}.${signature}`, keys, { algorithms: ["ES256"] });
    return protectedHeader.typ === typ;
  } catch {
    return false;
  }
}

const reader = new SDJwtVcInstance({
  hashAlg: "sha-256",
  hasher: (data, algorithm) =>
    createHash(algorithm.replace("-", "")).update(typeof data === "string" ? data : Buffer.from(data)).digest(),
  verifier: (data, signature) => isSigned("dc+sd-jwt", data, signature),
  statusVerifier: (data, signature) => isSigned("statuslist+jwt", data, signature),
  loadTypeMetadataFormat: true,
});

async function read(credential) {
  try {
    const { payload, typeMetadata } = await reader.verify(credential, { currentDate: now });
    if (payload.iss !== issuer) throw new Error("another issuer");
    return { accepted: true, payload, type: typeMetadata?.mergedTypeMetadata?.name };
  } catch (error) {
    return { accepted: false, why: error.message };
  }
}

const verdicts = {};
for (const [name, credential] of Object.entries(cases)) verdicts[name] = await read(credential);
console.log(JSON.stringify(verdicts));
