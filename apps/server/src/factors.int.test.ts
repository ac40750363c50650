import { createAuthenticator, createCaller, owner, ownerEnvironment, signIn, startServer } from "@switchboard/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

// Second factors through the program that ships: its listener, its guard, its origins.

let server: Awaited<ReturnType<typeof startServer>>;
/** The server listens on 127.0.0.1; a browser there may type either name. */
let named: string;
beforeAll(async () => {
  server = await startServer(ownerEnvironment);
  named = server.url.replace("127.0.0.1", "localhost");
}, 60_000);
afterAll(() => server[Symbol.asyncDispose]());

interface Page {
  readonly origin: string;
  readonly cookie: string;
}

async function send(page: Page, path: string, body?: object): Promise<Response> {
  const { origin, cookie } = page;
  const init = body
    ? { method: "POST", headers: { "content-type": "application/json", origin, cookie }, body: JSON.stringify(body) }
    : { headers: { cookie } };
  return fetch(`${origin}/api/auth/${path}`, init);
}

const cookiesOf = (response: Response): string =>
  response.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");

async function begin(page: Page, path: string): Promise<{ page: Page; challenge: string; rpId: string | undefined }> {
  const response = await send(page, path);
  expect(response.status).toBe(200);
  const { challenge, rp } = (await response.json()) as { challenge: string; rp?: { id: string } };
  return { page: { ...page, cookie: `${page.cookie}; ${cookiesOf(response)}` }, challenge, rpId: rp?.id };
}

test("a passkey made at localhost signs in at localhost, and at the address there is none", async () => {
  const page = await signIn(named, owner);
  const authenticator = createAuthenticator();
  const made = await begin(page, "passkey/generate-register-options");
  expect(made.rpId).toBe("localhost");
  const registration = authenticator.register({ origin: named, challenge: made.challenge });
  const stored = await send(made.page, "passkey/verify-registration", { response: registration, name: "Key" });
  expect([stored.status, await stored.json()]).toEqual([200, expect.objectContaining({ name: "Key" })]);

  const asked = await begin({ origin: named, cookie: "" }, "passkey/generate-authenticate-options");
  const response = authenticator.authenticate({ origin: named, challenge: asked.challenge });
  const signedIn = await send(asked.page, "passkey/verify-authentication", { response });
  expect(signedIn.status).toBe(200);
  const me = await createCaller(named, { cookie: cookiesOf(signedIn), origin: named }).query("access.me");
  expect(me.data()).toMatchObject({ user: { email: owner.email }, security: { passkeys: 1, isVerified: true } });

  const byAddress = await signIn(server.url, owner);
  const refused = await send(byAddress, "passkey/generate-register-options");
  expect([refused.status, await refused.json()]).toEqual([
    409,
    expect.objectContaining({ code: "PASSKEYS_UNAVAILABLE" }),
  ]);
});

test("what changes credentials passes the guard of every request: JSON, and from a page of ours", async () => {
  const { cookie } = await signIn(server.url, owner);
  const body = JSON.stringify({ password: owner.password });
  for (const path of ["two-factor/enable", "two-factor/disable", "change-password", "step-up/password"]) {
    const url = `${server.url}/api/auth/${path}`;
    const json = { "content-type": "application/json", cookie };
    const foreign = await fetch(url, { method: "POST", headers: { ...json, origin: "https://evil.example" }, body });
    const none = await fetch(url, { method: "POST", headers: json, body });
    const text = await fetch(url, {
      method: "POST",
      headers: { "content-type": "text/plain", cookie, origin: server.url },
      body,
    });
    expect([path, foreign.status, none.status, text.status]).toEqual([path, 403, 403, 415]);
  }
});
