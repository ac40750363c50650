/** Events of this package: `database.<what>`, each with plain fields. The caller gives them a level. */
export type LogFunction = (event: string, fields: Record<string, unknown>) => void;
