import type { Outputs } from "../../lib/trpc.ts";

export type ApiKey = Outputs["access"]["keys"]["list"]["items"][number];
export type MadeKey = Outputs["access"]["keys"]["create"];
