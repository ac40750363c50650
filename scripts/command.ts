import { prepare } from "./prepare.ts";

/** Commands beside the server: `node scripts/command.ts admin-create …`. They need the database client, not the dashboard. */
const commands: Readonly<Record<string, () => Promise<unknown>>> = {
  "admin-create": () => import("../apps/server/src/admin-create.ts"),
  "audit-verify": () => import("../apps/server/src/audit-verify.ts"),
  bench: () => import("../bench/run.ts"),
};

const [name = ""] = process.argv.splice(2, 1);
const command = commands[name];
if (!command) throw new Error(`There is no command ${name}; known are ${Object.keys(commands).join(", ")}.`);
await prepare(["prisma"]);
await command();
