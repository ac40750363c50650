import { hash, verify } from "@node-rs/argon2";

/** Argon2id (the library's default) at 19 MiB, two passes, one lane: about 50 ms, off the event loop. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

export interface Passwords {
  hash(password: string): Promise<string>;
  verify(hash: string, password: string): Promise<boolean>;
}

export const passwords: Passwords = {
  hash: (password) => hash(password, COST),
  verify: (stored, password) => verify(stored, password),
};
