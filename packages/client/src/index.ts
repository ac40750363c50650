export { createClient, createLinks } from "./create-client.ts";
export type { Client, ClientOptions } from "./create-client.ts";
export { isAppError } from "./errors.ts";
export type { AppClientError, AppErrorData } from "./errors.ts";
