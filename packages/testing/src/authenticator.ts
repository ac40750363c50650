import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const ATTESTED = 0x40;

export interface Ceremony {
  /** Of the page that asks. */
  readonly origin: string;
  readonly challenge: string;
  /** Name of the site; that of the origin unless told otherwise. */
  readonly rpId?: string;
  /** Whether finger or PIN was asked for. Default true. */
  readonly isUserVerified?: boolean;
}

/** A passkey in software, with a key pair of its own: what a browser would answer, signed for real. */
export function createAuthenticator(options: { readonly counter?: number } = {}) {
  let counter = options.counter ?? 0;
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const id = randomBytes(32);
  const credentialId = id.toString("base64url");
  const common = { id: credentialId, rawId: credentialId, type: "public-key", clientExtensionResults: {} };

  const toAuthData = (ceremony: Ceremony, flags: number, rest: Buffer): Buffer => {
    const { origin, rpId = new URL(origin).hostname, isUserVerified = true } = ceremony;
    const head = Buffer.alloc(5);
    head.writeUInt8(flags | USER_PRESENT | (isUserVerified ? USER_VERIFIED : 0));
    head.writeUInt32BE(counter, 1);
    return Buffer.concat([sha256(Buffer.from(rpId)), head, rest]);
  };

  return {
    credentialId,
    /** A copy would go on from here. */
    setCounter: (value: number): void => void (counter = value),
    register: (ceremony: Ceremony) => {
      const attested = Buffer.concat([Buffer.alloc(16), toUint16(id.length), id, toCoseKey(publicKey)]);
      const authData = toAuthData(ceremony, ATTESTED, attested);
      const attestation = new Map<string, Cbor>([
        ["fmt", "none"],
        ["attStmt", new Map()],
        ["authData", authData],
      ]);
      const response = {
        clientDataJSON: toClientData("webauthn.create", ceremony).toString("base64url"),
        attestationObject: toCbor(attestation).toString("base64url"),
        transports: ["internal"],
      };
      return { ...common, response };
    },
    authenticate: (ceremony: Ceremony) => {
      if (counter > 0) counter += 1;
      const clientData = toClientData("webauthn.get", ceremony);
      const authData = toAuthData(ceremony, 0, Buffer.alloc(0));
      const signature = sign("sha256", Buffer.concat([authData, sha256(clientData)]), privateKey);
      const response = {
        clientDataJSON: clientData.toString("base64url"),
        authenticatorData: authData.toString("base64url"),
        signature: signature.toString("base64url"),
      };
      return { ...common, response };
    },
  };
}

function toClientData(type: string, { origin, challenge }: Ceremony): Buffer {
  return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
}

const sha256 = (bytes: Buffer): Buffer => createHash("sha256").update(bytes).digest();

/** ES256 in COSE: key type 2, algorithm -7, curve 1, then both coordinates. */
function toCoseKey(publicKey: KeyObject): Buffer {
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  return toCbor(
    new Map<number, Cbor>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Buffer.from(x, "base64url")],
      [-3, Buffer.from(y, "base64url")],
    ]),
  );
}

type Cbor = number | string | Buffer | ReadonlyMap<number | string, Cbor>;

function toCbor(value: Cbor): Buffer {
  if (typeof value === "number") return value < 0 ? toHead(1, -1 - value) : toHead(0, value);
  if (typeof value === "string") return Buffer.concat([toHead(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([toHead(2, value.length), value]);
  return Buffer.concat([toHead(5, value.size), ...[...value].flatMap(([key, item]) => [toCbor(key), toCbor(item)])]);
}

function toHead(major: number, length: number): Buffer {
  if (length < 24) return Buffer.from([(major << 5) | length]);
  if (length < 256) return Buffer.from([(major << 5) | 24, length]);
  return Buffer.concat([Buffer.from([(major << 5) | 25]), toUint16(length)]);
}

function toUint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
