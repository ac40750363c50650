import { AppError, isAppError } from "../../platform/errors.ts";
import { createPasskeyRoutes } from "../factors/passkey-routes.ts";
import { createPasswordRoutes } from "../factors/password-routes.ts";
import { createTwoFactorRoutes } from "../factors/two-factor-routes.ts";
import { toResponse, type AuthRoute } from "./auth-call.ts";
import type { AuthTools } from "./auth-tools.ts";
import { AUTH_PATH } from "./better-auth.ts";
import { createSignInRoutes } from "./sign-in-routes.ts";

/**
 * Answers `/api/auth/*`: the routes that are listed, everything else is not there. `address` is the caller's, proxies resolved. A
 * request without an Origin comes from no page and is let through.
 */
export function createAuthHandler(tools: AuthTools): (request: Request, address: string) => Promise<Response> {
  const routes = new Map<string, AuthRoute>(
    Object.entries({
      ...createSignInRoutes(tools),
      ...createTwoFactorRoutes(tools),
      ...createPasskeyRoutes(tools),
      ...createPasswordRoutes(tools),
    }),
  );
  return async (request, address) => {
    try {
      const origin = request.headers.get("origin");
      if (origin !== null && !tools.pages.has(origin)) throw originRefused();
      const { pathname } = new URL(request.url);
      const route = routes.get(`${request.method} ${pathname.slice(AUTH_PATH.length)}`);
      if (!route || !pathname.startsWith(`${AUTH_PATH}/`)) throw nothingHere();
      return await route({ request, address });
    } catch (thrown) {
      if (isAppError(thrown)) return toResponse(thrown);
      throw thrown;
    }
  };
}

function originRefused(): AppError {
  return new AppError({
    kind: "FORBIDDEN",
    code: "ORIGIN_REFUSED",
    publicMessage: "This request comes from a page that is not the dashboard.",
  });
}

function nothingHere(): AppError {
  return new AppError({ kind: "NOT_FOUND", code: "NOT_FOUND", publicMessage: "There is nothing here." });
}
