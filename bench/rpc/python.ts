import { spawnSync } from "node:child_process";
import { PYTHON } from "../server-process.ts";

const PACKAGES = ["fastapi", "pydantic", "uvicorn", "uvloop", "httptools", "asyncpg"];

/** Versions of what the FastAPI peers take, or which packages to install. */
export function describePython(): { readonly isThere: boolean; readonly text: string } {
  const asked = spawnSync(PYTHON, [
    "-c",
    `import sys, importlib.metadata as m; print(sys.version.split()[0], *(m.version(p) for p in ${JSON.stringify(PACKAGES)}))`,
  ]);
  if (asked.status !== 0) {
    return {
      isThere: false,
      text: `FastAPI is left out: it takes ${PACKAGES.map((name) => `python3-${name}`).join(", ")} of Debian or Ubuntu for ${PYTHON}.`,
    };
  }
  const [python, ...versions] = asked.stdout.toString().trim().split(" ");
  return {
    isThere: true,
    text: [`Python ${python}`, ...PACKAGES.map((name, index) => `${name} ${versions[index]}`)].join(", "),
  };
}
