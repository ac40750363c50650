import type { Answer, Caller } from "./caller.ts";

/** As much of a JSON schema as tests look at. */
export interface FieldSchema {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly anyOf?: readonly FieldSchema[];
}

/** A procedure as `/openapi.json` lists it. */
export interface Operation {
  readonly path: string;
  readonly method: "get" | "post";
  readonly access: string;
  readonly isPublic: boolean;
  /** Whether somebody in a browser must have proved a moment ago who they are; `byInput` for some inputs. */
  readonly stepUp: true | "byInput" | undefined;
  readonly isStream: boolean;
  /** Undefined for a procedure without input. */
  readonly input: FieldSchema | undefined;
}

interface OperationObject {
  readonly "x-access": string;
  readonly "x-step-up"?: true | "byInput";
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { readonly content: Content }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: { readonly 200: { readonly content?: Content } };
}
type Content = Readonly<Record<"application/json", { readonly schema: FieldSchema }>>;

export async function readOperations(url: string): Promise<Operation[]> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<string, Partial<Record<"get" | "post", OperationObject>>>;
  };
  return Object.entries(document.paths).flatMap(([path, item]) =>
    (["get", "post"] as const).flatMap((method): Operation[] => {
      const operation = item[method];
      if (!operation) return [];
      const content = operation.requestBody?.content ?? operation.parameters?.[0]?.content;
      return [
        {
          path: path.replace("/trpc/", ""),
          method,
          access: operation["x-access"],
          isPublic: operation.security?.length === 0,
          stepUp: operation["x-step-up"],
          isStream: operation.responses[200].content === undefined,
          input: content?.["application/json"].schema,
        },
      ];
    }),
  );
}

export function callOperation(caller: Caller, { path, method }: Operation, input?: unknown): Promise<Answer> {
  return method === "get" ? caller.query(path, input) : caller.mutate(path, input);
}
