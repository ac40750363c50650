export { createFakeClock } from "./fake-clock.ts";
export type { ClockShape, FakeClock } from "./fake-clock.ts";
export { startRedis } from "./redis.ts";
export type { TestRedis } from "./redis.ts";
export { startTcpProxy } from "./tcp-proxy.ts";
export type { TcpProxy } from "./tcp-proxy.ts";
export { createEmptyDatabase, createTestDatabase, openTestDatabase } from "./test-database.ts";
export type { TestDatabase } from "./test-database.ts";
