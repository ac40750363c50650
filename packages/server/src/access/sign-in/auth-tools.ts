import type { Pool } from "pg";
import type { AuditSink } from "../../middleware/chain.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Credentials } from "../credentials/credentials.ts";
import type { Seal } from "../factors/seal.ts";
import type { AuthAnswer, CookieNames } from "./better-auth.ts";
import type { Pages } from "./pages.ts";
import type { Passwords } from "./passwords.ts";
import type { SignInThrottle } from "./sign-in-throttle.ts";

/** What the routes below `/api/auth` work with. */
export interface AuthTools {
  readonly pool: Pool;
  readonly clock: Clock;
  /** better-auth. */
  readonly answer: AuthAnswer;
  readonly cookies: CookieNames;
  /** Signs cookies. */
  readonly secret: string;
  readonly credentials: Credentials;
  readonly passwords: Passwords;
  readonly seal: Seal;
  readonly throttle: SignInThrottle;
  readonly audit: AuditSink;
  readonly pages: Pages;
  /** What is known of a session, or of all sessions and keys of a person, is asked for afresh. */
  forgetSession(id: string): void;
  forgetCredentials(userId: string): void;
}
