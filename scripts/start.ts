import { watchLauncher } from "./launcher.ts";
import { prepare } from "./prepare.ts";

try {
  await prepare();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
// In this very process: a signal then reaches the server itself, and nothing is left running behind a dead parent.
watchLauncher(() => process.kill(process.pid, "SIGTERM"));
await import("../apps/server/src/main.ts");
