import { useMemo } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import type { FieldErrors } from "./check-value.ts";
import { type JsonSchema, shapeOf } from "./schema.ts";
import { SchemaField } from "./SchemaField.tsx";
import classes from "./SchemaForm.module.css";

export interface SchemaFormProps {
  readonly schema: JsonSchema;
  readonly value: unknown;
  onChange(value: unknown): void;
  /** By field path: of `checkValue`, or of the server through `toFieldErrors`. */
  readonly errors?: FieldErrors;
}

/** Fields for a JSON Schema. It holds nothing: begin with `emptyValueOf(schema)`, check with `checkValue` before sending. */
export function SchemaForm({ schema, value, onChange, errors = {} }: SchemaFormProps) {
  const t = useT();
  const shape = useMemo(() => shapeOf(schema, schema), [schema]);
  const context = useMemo(() => ({ root: schema, errors }), [schema, errors]);
  if (shape.kind === "object" && shape.fields.length === 0) return <p className="muted">{t("form.noFields")}</p>;
  return (
    <div className={classes.form}>
      <SchemaField
        context={context}
        schema={schema}
        name=""
        path=""
        isRequired
        isRoot
        value={value}
        onChange={onChange}
      />
    </div>
  );
}
