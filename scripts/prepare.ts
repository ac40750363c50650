import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root, runStep, type Step } from "./run-step.ts";

interface Product {
  readonly name: string;
  /** Globs of what it is made of. */
  readonly sources: readonly string[];
  /** A file that is there once it was made. */
  readonly result: string;
  readonly step: Step;
}

const products: readonly Product[] = [
  {
    name: "prisma",
    sources: ["prisma/schema.prisma", "prisma.config.ts", "pnpm-lock.yaml"],
    result: "packages/db/src/generated/prisma/client.ts",
    step: {
      name: "Generating the database client",
      command: ["prisma", "generate"],
      env: { PRISMA_HIDE_UPDATE_MESSAGE: "1" },
    },
  },
  {
    name: "dashboard",
    sources: [
      "apps/dashboard/{src,public}/**/*",
      "apps/dashboard/*.{html,ts,json}",
      "packages/client/src/**/*.ts",
      "pnpm-lock.yaml",
    ],
    result: "apps/dashboard/dist/index.html",
    step: {
      name: "Building the dashboard",
      command: ["vite", "build", "--logLevel", "warn"],
      cwd: path.join(root, "apps/dashboard"),
    },
  },
];

/** Makes what is missing or older than its sources. Raises an Error that names the step which failed. */
export async function prepare(names: readonly string[] = products.map(({ name }) => name)): Promise<void> {
  for (const product of products.filter(({ name }) => names.includes(name))) {
    const stamp = path.join(root, "node_modules/.switchboard", `${product.name}.sha256`);
    const digest = digestOf(product.sources);
    const isFresh =
      existsSync(path.join(root, product.result)) && existsSync(stamp) && readFileSync(stamp, "utf8") === digest;
    if (isFresh) continue;
    if (!(await runStep(product.step))) throw new Error(`${product.step.name} failed; its output is above.`);
    mkdirSync(path.dirname(stamp), { recursive: true });
    writeFileSync(stamp, digest);
  }
}

/** By content rather than by time: a checkout or a copy gives files the time of the copy. */
function digestOf(patterns: readonly string[]): string {
  const hash = createHash("sha256");
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: root, withFileTypes: true }));
  const names = files.filter((file) => file.isFile()).map((file) => path.join(file.parentPath, file.name));
  for (const name of names.toSorted())
    hash.update(path.relative(root, name)).update("\0").update(readFileSync(name)).update("\0");
  return hash.digest("hex");
}
