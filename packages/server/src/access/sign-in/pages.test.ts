import { expect, test } from "vitest";
import { createPages, toRelyingParty } from "./pages.ts";

const LOOPBACK = ["http://127.0.0.1:4600", "http://localhost:4600"];

test("a request belongs to the page it names, then to the host it was sent to, else to the public URL", () => {
  const { originOf } = createPages(() => LOOPBACK);
  expect(originOf(new Headers({ origin: "http://localhost:4600" }))).toBe("http://localhost:4600");
  expect(originOf(new Headers({ host: "localhost:4600" }))).toBe("http://localhost:4600");
  expect(originOf(new Headers({ host: "127.0.0.1:4600" }))).toBe("http://127.0.0.1:4600");
  expect(originOf(new Headers({ host: "evil.example" }))).toBe("http://127.0.0.1:4600");
  expect(originOf(new Headers())).toBe("http://127.0.0.1:4600");
});

test("an Origin wins over the Host", () => {
  const { originOf } = createPages(() => LOOPBACK);
  expect(originOf(new Headers({ origin: "http://127.0.0.1:4600", host: "localhost:4600" }))).toBe(LOOPBACK[0]);
});

test("passkeys are bound to names, not to addresses", () => {
  expect(toRelyingParty("https://desk.example.com:8443")).toBe("desk.example.com");
  expect(toRelyingParty("http://localhost:4600")).toBe("localhost");
  expect(toRelyingParty("http://192.0.2.7")).toBeUndefined();
  expect(toRelyingParty("http://[2001:db8::7]:4600")).toBeUndefined();
  expect(createPages(() => LOOPBACK).haveName()).toBe(true);
  expect(createPages(() => ["http://192.0.2.7"]).haveName()).toBe(false);
});
