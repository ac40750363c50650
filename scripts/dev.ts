import { spawn } from "node:child_process";
import path from "node:path";
import { prepare } from "./prepare.ts";
import { root } from "./run-step.ts";

// The server restarts when a source changes; Vite serves the dashboard with hot reload and passes calls on to it.
await prepare(["prisma"]);
const bin = path.join(root, "node_modules/.bin");
const apiUrl = `http://127.0.0.1:${process.env["PORT"] ?? "4600"}`;
const viteUrl = "http://127.0.0.1:5173";
const children = [
  spawn(process.execPath, ["--conditions=source", "--watch", "apps/server/src/main.ts"], {
    cwd: root,
    stdio: "inherit",
    env: { SWITCHBOARD_LAB: "1", SWITCHBOARD_PUBLIC_URL: viteUrl, ...process.env },
  }),
  spawn(
    path.join(root, "apps/dashboard/node_modules/.bin/vite"),
    ["--host", "127.0.0.1", "--port", "5173", "--strictPort"],
    {
      cwd: path.join(root, "apps/dashboard"),
      stdio: "inherit",
      env: { ...process.env, PATH: `${bin}:${process.env["PATH"] ?? ""}`, SWITCHBOARD_API_URL: apiUrl },
    },
  ),
];
const stop = (): void => {
  for (const child of children) child.kill("SIGTERM");
};
process.once("SIGINT", stop).once("SIGTERM", stop);
for (const child of children) child.once("exit", stop);
