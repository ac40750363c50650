import { createAdmin, loadConfig } from "@switchboard/server";
import { OPTIONS, readArguments, USAGE } from "./admin-arguments.ts";
import { defaults, toSentence } from "./environment.ts";

const WRONG_USAGE = 2;

/** Resolves to the exit code. */
async function run(): Promise<number> {
  const asked = readArguments(process.argv.slice(2));
  if (asked.kind === "help") {
    console.log(USAGE);
    return 0;
  }
  if (asked.kind === "wrong") {
    console.error(`${asked.problem}\n\n${USAGE}`);
    return WRONG_USAGE;
  }
  const { input, isDemo } = asked;
  try {
    const config = loadConfig({ ...defaults(isDemo), ...process.env });
    const { isNew, password } = await createAdmin(config, input);
    console.log(`${input.email.toLowerCase()} is ${isNew ? "made" : "back in"}, with the role ${input.role}.`);
    console.log(`Password, shown this once: ${password}`);
    console.log("Change it in your settings after signing in.");
    return 0;
  } catch (error) {
    console.error(toSentence(error, OPTIONS, "It failed"));
    return 1;
  }
}

process.exitCode = await run();
