import { SegmentedControl } from "@mantine/core";
import { useId } from "react";
import { toAppError } from "../../../lib/errors.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import type { FieldErrors } from "../../../ui/form/check-value.ts";
import { JsonField } from "../../../ui/form/JsonField.tsx";
import type { JsonSchema } from "../../../ui/form/schema.ts";
import { SchemaForm } from "../../../ui/form/SchemaForm.tsx";
import classes from "./EnqueueDialog.module.css";

export type InputMode = "form" | "json";

interface JobInputFieldsProps {
  /** Of the job: another name is another form. */
  readonly name: string;
  readonly schema: JsonSchema;
  readonly value: unknown;
  readonly errors: FieldErrors;
  readonly mode: InputMode;
  onModeChange(mode: InputMode): void;
  onChange(value: unknown): void;
  /** Whether the text is JSON at this moment; the form always is. */
  onValidChange(isValid: boolean): void;
}

/** The input of a job, as a form after its schema or as JSON. */
export function JobInputFields(props: JobInputFieldsProps) {
  const { name, schema, value, errors, mode, onChange, onValidChange } = props;
  const t = useT();
  const id = useId();
  return (
    <>
      <div className={classes.inputHead}>
        <h3 id={id}>{t("queue.enqueue.input")}</h3>
        <SegmentedControl
          aria-labelledby={id}
          value={mode}
          onChange={(next) => {
            props.onModeChange(next === "json" ? "json" : "form");
            onValidChange(true);
          }}
          data={[
            { value: "form", label: t("queue.enqueue.form") },
            { value: "json", label: t("form.asJson") },
          ]}
        />
      </div>
      {mode === "form" ? (
        <SchemaForm key={name} schema={schema} value={value} onChange={onChange} errors={errors} />
      ) : (
        <JsonField
          key={name}
          rows={8}
          label={t("queue.enqueue.input")}
          description={t("queue.enqueue.jsonHint")}
          value={value}
          onChange={onChange}
          onValidChange={onValidChange}
          error={Object.entries(errors)
            .map(([path, message]) => (path === "" ? message : `${path}: ${message}`))
            .join(" ")}
        />
      )}
    </>
  );
}

/** Of `JOB_INPUT_INVALID`: a message per field. */
export function inputIssuesOf(error: unknown): FieldErrors {
  const { code, details } = toAppError(error);
  if (code !== "JOB_INPUT_INVALID" || !Array.isArray(details.issues)) return {};
  return Object.fromEntries(
    details.issues.map((issue: { path?: unknown; message?: unknown }) => [
      Array.isArray(issue.path) ? issue.path.join(".") : "",
      String(issue.message ?? ""),
    ]),
  );
}
