import { z } from "zod";
import { policyOverrides } from "./limits/limits.schema.ts";
import { logLevels } from "./platform/logger.ts";
import { passwordSchema } from "./trpc/roles.ts";

const PREFIX = "SWITCHBOARD_";
const PORT_MAX = 65_535;

const redactable = Symbol.for("nodejs.util.inspect.custom");

/** A value that prints as `[redacted]` wherever it is logged, inspected or turned into JSON. Read it with `reveal()`. */
export interface Secret {
  reveal(): string;
}

export function createSecret(value: string): Secret {
  const redacted = (): string => "[redacted]";
  return Object.freeze({ reveal: () => value, toString: redacted, toJSON: redacted, [redactable]: redacted });
}

const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `a whole number from ${min} to ${max}`);

const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, { error: `one of ${values.join(", ")}` });

const url = (protocols: readonly string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
    error: `a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}`,
  });

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: "custom", message: 'JSON, for example {"read":{"ratePerSecond":1000}}' });
    return z.NEVER;
  }
});

const MIN_SECRET_LENGTH = 32;

/**
 * Every variable that is read, its default and what is allowed. Written once: the reference page is generated from it.
 */
export const variables = {
  PORT: { schema: integer(0, PORT_MAX), fallback: "4600", about: "Port to listen on; 0 takes a free one." },
  HOST: { schema: z.string().min(1, "a host name or address"), fallback: "127.0.0.1", about: "Address to listen on." },
  DATABASE_URL: {
    schema: url(["postgres:", "postgresql:"]),
    fallback: undefined,
    about: "A Postgres 15+ server, shared by all replicas. Without it, an embedded Postgres in the data directory.",
  },
  REDIS_URL: {
    schema: url(["redis:", "rediss:"]),
    fallback: undefined,
    about: "Redis or Valkey 7+. Accepted and checked; shared cache and limits are not built on it yet.",
  },
  SWITCHBOARD_DATA_DIR: {
    schema: z.string().min(1, "a directory"),
    fallback: ".switchboard",
    about: "Embedded database, generated secret and set-up token.",
  },
  SWITCHBOARD_SECRET: {
    schema: z.string().min(MIN_SECRET_LENGTH, `at least ${MIN_SECRET_LENGTH} characters`),
    fallback: undefined,
    about: "Signs cookies. Generated with mode 0600 in the data directory when it is not set.",
  },
  SWITCHBOARD_OWNER_EMAIL: {
    schema: z.email("an e-mail address"),
    fallback: undefined,
    about: "First owner, for unattended installs. Without it a one-time set-up link is printed.",
  },
  SWITCHBOARD_OWNER_PASSWORD: {
    schema: passwordSchema.or(z.never("12 to 128 characters")),
    fallback: undefined,
    about: "Password of the first owner.",
  },
  SWITCHBOARD_PUBLIC_URL: {
    schema: url(["http:", "https:"]),
    fallback: undefined,
    about:
      "Where browsers reach the dashboard: the allowed origin, and whether cookies are secure. From HOST and PORT by default.",
  },
  SWITCHBOARD_TRUSTED_PROXIES: {
    schema: z
      .string()
      .transform((text) => text.split(",").map((part) => part.trim()))
      .refine((parts) => parts.every(isAddressOrRange), "addresses or CIDR ranges, separated by commas"),
    fallback: undefined,
    about: "Proxies whose X-Forwarded-For counts. None by default.",
  },
  SWITCHBOARD_ROLE: {
    schema: oneOf(["web", "worker", "all"]),
    fallback: "all",
    about: "What this process does: answer calls, run jobs, or both.",
  },
  SWITCHBOARD_PROCESSES: {
    schema: integer(1, 64).or(z.literal("auto", "a whole number from 1 to 64, or auto")),
    fallback: "1",
    about: "Processes on this machine; auto is one per core.",
  },
  SWITCHBOARD_RECYCLE_REQUESTS: {
    schema: integer(0, 1_000_000_000),
    fallback: "0",
    about: "Replace a process after so many requests; 0 never.",
  },
  SWITCHBOARD_RECYCLE_JITTER: {
    schema: z
      .string()
      .transform(Number)
      .refine((share) => share >= 0 && share <= 1, "a share from 0 to 1"),
    fallback: "0.1",
    about: "Share by which that number varies from process to process.",
  },
  SWITCHBOARD_LAB: { schema: oneOf(["0", "1"]), fallback: "0", about: "The lab router; on in dev and demo." },
  SWITCHBOARD_LIMITS: {
    schema: json.pipe(policyOverrides),
    fallback: undefined,
    about: "JSON over the built-in limits: a class or a procedure's name to ratePerSecond, burst, concurrency, queue.",
  },
  LOG_LEVEL: { schema: oneOf(logLevels), fallback: "info", about: "Least severe level that is logged." },
} as const;

export type VariableName = keyof typeof variables;
const secrets: readonly VariableName[] = [
  "SWITCHBOARD_SECRET",
  "SWITCHBOARD_OWNER_PASSWORD",
  "DATABASE_URL",
  "REDIS_URL",
];

export interface Config {
  readonly port: number;
  readonly host: string;
  readonly databaseUrl: Secret | undefined;
  readonly redisUrl: Secret | undefined;
  readonly dataDir: string;
  readonly secret: Secret | undefined;
  readonly owner: { readonly email: string; readonly password: Secret } | undefined;
  readonly publicUrl: string | undefined;
  readonly trustedProxies: readonly string[];
  readonly role: "web" | "worker" | "all";
  readonly processes: number | "auto";
  readonly recycle: { readonly requests: number; readonly jitter: number };
  readonly isLabOn: boolean;
  readonly limits: z.infer<typeof policyOverrides>;
  readonly logLevel: (typeof logLevels)[number];
}

export interface ConfigProblem {
  readonly variable: string;
  readonly message: string;
}

/** Everything that is wrong with an environment, one line a variable. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(["The configuration is wrong:", ...problems.map((p) => `  ${p.variable}: ${p.message}`)].join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** Pure: reads nothing but `env`. Returns a frozen configuration or raises one ConfigError that names every problem. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: ConfigProblem[] = findUnknown(env);
  const read = <Name extends VariableName>(name: Name): z.infer<(typeof variables)[Name]["schema"]> | undefined => {
    const { schema, fallback } = variables[name];
    // An empty variable counts as unset: that is what `NAME= command` and many deployment files mean.
    const text = env[name] === "" ? fallback : (env[name] ?? fallback);
    if (text === undefined) return undefined;
    const parsed = (schema as z.ZodType).safeParse(text);
    if (parsed.success) return parsed.data as z.infer<(typeof variables)[Name]["schema"]>;
    problems.push({ variable: name, message: describe(name, text, parsed.error) });
    return undefined;
  };
  const secretOf = (value: string | undefined): Secret | undefined =>
    value === undefined ? undefined : createSecret(value);

  const ownerEmail = read("SWITCHBOARD_OWNER_EMAIL");
  const ownerPassword = read("SWITCHBOARD_OWNER_PASSWORD");
  if (!env.SWITCHBOARD_OWNER_EMAIL !== !env.SWITCHBOARD_OWNER_PASSWORD) {
    const missing = env.SWITCHBOARD_OWNER_EMAIL ? "SWITCHBOARD_OWNER_PASSWORD" : "SWITCHBOARD_OWNER_EMAIL";
    problems.push({ variable: missing, message: "must be set too: the first owner needs an e-mail and a password" });
  }
  const config = {
    port: read("PORT"),
    host: read("HOST"),
    databaseUrl: secretOf(read("DATABASE_URL")),
    redisUrl: secretOf(read("REDIS_URL")),
    dataDir: read("SWITCHBOARD_DATA_DIR"),
    secret: secretOf(read("SWITCHBOARD_SECRET")),
    owner: ownerEmail && ownerPassword ? { email: ownerEmail, password: createSecret(ownerPassword) } : undefined,
    publicUrl: read("SWITCHBOARD_PUBLIC_URL"),
    trustedProxies: read("SWITCHBOARD_TRUSTED_PROXIES") ?? [],
    role: read("SWITCHBOARD_ROLE"),
    processes: read("SWITCHBOARD_PROCESSES"),
    recycle: { requests: read("SWITCHBOARD_RECYCLE_REQUESTS"), jitter: read("SWITCHBOARD_RECYCLE_JITTER") },
    isLabOn: read("SWITCHBOARD_LAB") === "1",
    limits: read("SWITCHBOARD_LIMITS") ?? {},
    logLevel: read("LOG_LEVEL"),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  // Without problems each variable that has a default has a value.
  return deepFreeze(config as Config);
}

function findUnknown(env: Readonly<Record<string, string | undefined>>): ConfigProblem[] {
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !(name in variables))
    .map((variable) => {
      const known = Object.keys(variables).filter((name) => name.startsWith(PREFIX));
      return { variable, message: `is not a variable of Switchboard; known are ${known.join(", ")}` };
    });
}

function describe(name: VariableName, text: string, error: z.ZodError): string {
  const got = secrets.includes(name) ? "[redacted]" : JSON.stringify(text);
  const [issue] = error.issues;
  const where = issue && issue.path.length > 0 ? `${issue.path.join(".")}: ` : "";
  return `${got} is not allowed; ${where}${issue?.message ?? "see the reference"}`;
}

function isAddressOrRange(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  if (rest.length > 0) return false;
  const isV4 = z.ipv4().safeParse(address).success;
  if (!isV4 && !z.ipv6().safeParse(address).success) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isV4 ? 32 : 128));
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    for (const child of Object.values(value)) deepFreeze(child);
    Object.freeze(value);
  }
  return value;
}
