import { symmetricDecrypt } from "better-auth/crypto";
import { z } from "zod";
import { factorsUnreadable } from "../access.errors.ts";

/** Version of the secret in better-auth's envelopes. */
export const SECRET_VERSION = 1;

/**
 * Opens what better-auth keeps encrypted at rest: secrets of authenticator apps and recovery codes. Raises 409 `FACTORS_UNREADABLE`
 * for what was closed under another secret.
 */
export interface Seal {
  open(sealed: string): Promise<string>;
  openList(sealed: string): Promise<readonly string[]>;
}

const listSchema = z.array(z.string());

export function createSeal(secret: string): Seal {
  const key = { keys: new Map([[SECRET_VERSION, secret]]), currentVersion: SECRET_VERSION };
  const open = async (sealed: string): Promise<string> => {
    try {
      return await symmetricDecrypt({ key, data: sealed });
    } catch (error) {
      throw factorsUnreadable(error);
    }
  };
  return {
    open,
    openList: async (sealed) => listSchema.parse(JSON.parse(await open(sealed))),
  };
}
