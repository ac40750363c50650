import { parseArgs } from "node:util";
import { z } from "zod";
import { toSentence } from "./environment.ts";

export const USAGE = `Lets somebody in who is locked out, from the machine that the server runs on.

  npx pnpm admin:create <email> [--role owner|admin] [--name "..."] [--demo]

Makes a person with this address, or takes the one who has it, and prints a password once. Whoever is there keeps their name, gets
the role, is restored if suspended, and loses their second factors, sessions and API keys. The server may run or not; the
environment is the server's (DATABASE_URL, SWITCHBOARD_DATA_DIR).

  --role   owner (default) or admin; it never lowers a role
  --name   the name of the person; for a new one by default what is before the @
  --demo   on the data of the demo`;

export const OPTIONS = "an e-mail address, --role owner|admin, --name, --demo and --help";

const NO_ADDRESS = "is no e-mail address";
const inputSchema = z.object({
  email: z.email(NO_ADDRESS).max(254, NO_ADDRESS),
  role: z.enum(["owner", "admin"], "is owner or admin"),
  name: z.string().trim().min(1, "is empty").max(120, "is longer than 120 characters").optional(),
});

export type Arguments =
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly problem: string }
  | { readonly kind: "run"; readonly input: z.infer<typeof inputSchema>; readonly isDemo: boolean };

/** What was typed after the command. Pure. */
export function readArguments(args: readonly string[]): Arguments {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return { kind: "wrong", problem: toSentence(error, OPTIONS) };
  }
  const { values, positionals } = parsed;
  if (values.help) return { kind: "help" };
  const [email, ...more] = positionals;
  if (email === undefined) return { kind: "wrong", problem: "An e-mail address is missing." };
  if (more.length > 0) return { kind: "wrong", problem: "One e-mail address at a time." };
  const input = inputSchema.safeParse({ email, role: values.role, name: values.name });
  if (input.success) return { kind: "run", input: input.data, isDemo: values.demo };
  const [issue] = input.error.issues;
  const field = String(issue?.path[0]);
  return { kind: "wrong", problem: `${field === "email" ? `"${email}"` : `--${field}`} ${issue?.message}.` };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      role: { type: "string", default: "owner" },
      name: { type: "string" },
      demo: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
}
