import { TextInput } from "@mantine/core";
import { useFormat } from "../../../lib/format.ts";
import "../../../lib/i18n/en/limit-edit.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import type { Role } from "../../../lib/session.tsx";
import { FieldLabel } from "../../../ui/FieldLabel.tsx";
import type { Limit, LimitField } from "../limit.ts";
import classes from "./EditLimit.module.css";
import { type FieldProblem, fieldsOf, type LimitForm, problemOf, type Span, spanOf } from "./limit-form.ts";
import { useValueWords } from "./value-words.ts";

interface LimitFieldsProps {
  readonly limit: Limit;
  readonly form: LimitForm;
  readonly role: Role;
  /** What the last try was refused for, by the field. */
  readonly refused: Readonly<Partial<Record<LimitField, string>>>;
  onChange(form: LimitForm): void;
}

const order: ("label" | "input" | "description" | "error")[] = ["label", "input", "description", "error"];

/** One field per value that the limit has, each with what it was and what this person may set. */
export function LimitFields({ limit, form, role, refused, onChange }: LimitFieldsProps) {
  const t = useT();
  const words = useValueWords(limit);
  const spanWords = useSpanWords(limit, role);
  return (
    <div className={classes.fields}>
      {fieldsOf(limit).map((field, index) => {
        const problem = problemOf(limit, form, field, role);
        return (
          <TextInput
            key={field}
            size="md"
            label={
              <FieldLabel hint={t("limitEdit.was", { value: words.number(limit[field]) })}>
                {words.label(field)}
              </FieldLabel>
            }
            description={problem ? undefined : spanWords.allowed(field)}
            inputWrapperOrder={order}
            inputMode="decimal"
            autoComplete="off"
            value={form[field] ?? ""}
            error={problem ? spanWords.problem(field, problem) : refused[field]}
            onChange={(event) => onChange({ ...form, [field]: event.currentTarget.value })}
            {...(index === 0 ? { "data-autofocus": true } : {})}
          />
        );
      })}
    </div>
  );
}

/** What this person may set, and why a value is not that. */
function useSpanWords(limit: Limit, role: Role) {
  const t = useT();
  const format = useFormat();
  const holes = (span: Span | null) => ({
    min: format.number(span?.min ?? 0, 3),
    max: format.number(span?.max ?? 0, 3),
  });
  return {
    allowed: (field: LimitField): string => {
      const span = spanOf(limit, field, role);
      if (role !== "operator") return t("limitEdit.span", holes(span));
      return t(span?.min === span?.max ? "limitEdit.span.one" : "limitEdit.span.operator", holes(span));
    },
    problem: (field: LimitField, problem: FieldProblem): string => {
      if (problem === "bounds") return t("limitEdit.problem.bounds", holes(limit.bounds[field]));
      if (problem === "rank") return t("limitEdit.problem.rank", holes(spanOf(limit, field, role)));
      return t(`limitEdit.problem.${problem}`);
    },
  };
}
