import { Button, Checkbox, NativeSelect, PasswordInput, Textarea, TextInput } from "@mantine/core";
import { Plus, X } from "lucide-react";
import type { ReactNode } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { IconAction } from "../ActionButton.tsx";
import { type FieldErrors, joinPath } from "./check-value.ts";
import { JsonField } from "./JsonField.tsx";
import { NumberField } from "./NumberField.tsx";
import { emptyValueOf, type FieldShape, type JsonSchema, resolve, shapeOf, textOf, titleOf } from "./schema.ts";
import classes from "./SchemaForm.module.css";

export interface FieldContext {
  readonly root: JsonSchema;
  readonly errors: FieldErrors;
}

export interface SchemaFieldProps {
  readonly context: FieldContext;
  readonly schema: JsonSchema;
  readonly name: string;
  readonly path: string;
  readonly isRequired: boolean;
  readonly isRoot?: boolean;
  readonly value: unknown;
  /** Undefined leaves the field out. */
  onChange(value: unknown): void;
}

/** One field, by the shape of its schema. */
export function SchemaField(props: SchemaFieldProps) {
  const { context, schema, path, isRequired, value, onChange } = props;
  const t = useT();
  const plain = resolve(schema, context.root);
  const shape = shapeOf(plain, context.root, path.split(".").length - 1);
  const label = titleOf(plain, props.name);

  // An optional group or list that is left out is one button, not a heading over nothing.
  const isCompound = shape.kind === "object" || shape.kind === "array" || shape.kind === "json";
  if (value === undefined && isCompound && !isRequired && !props.isRoot) {
    return (
      <div>
        <Button
          size="xs"
          leftSection={<Plus size={14} />}
          onClick={() => onChange(emptyValueOf(plain, context.root) ?? null)}
        >
          {t("form.set", { name: label })}
        </Button>
      </div>
    );
  }
  const clear =
    isRequired || value === undefined || props.isRoot ? null : (
      <IconAction size="xs" label={t("form.clear", { name: label })} onClick={() => onChange(undefined)}>
        <X size={14} />
      </IconAction>
    );
  return <ShapedField {...props} shape={shape} plain={plain} label={label} clear={clear} />;
}

interface ShapedFieldProps extends SchemaFieldProps {
  readonly shape: FieldShape;
  readonly plain: JsonSchema;
  readonly label: string;
  readonly clear: ReactNode;
}

function ShapedField(props: ShapedFieldProps) {
  const { shape, plain, label, clear, value, onChange, isRequired } = props;
  const t = useT();
  const common = {
    label: (
      <>
        {label}
        {isRequired ? null : <span className={classes.optional}>{t("ui.optional")}</span>}
      </>
    ),
    description: textOf(plain, "description"),
    error: props.context.errors[props.path],
    required: isRequired,
    withAsterisk: false,
    inputWrapperOrder: ["label", "input", "description", "error"] as ("label" | "input" | "description" | "error")[],
  };
  const text = typeof value === "string" ? value : "";
  const setText = (next: string): void => onChange(next === "" && !isRequired ? undefined : next);
  switch (shape.kind) {
    case "object":
      return <ObjectField {...props} fields={shape.fields} />;
    case "array":
      return <ArrayField {...props} item={shape.item} minItems={shape.minItems} maxItems={shape.maxItems} />;
    case "number":
      return <NumberField {...common} value={value} isRequired={isRequired} onChange={onChange} />;
    case "boolean":
      // A box has two states; an optional one has a third, left out.
      return isRequired ? (
        <Checkbox
          label={label}
          description={common.description}
          error={common.error}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      ) : (
        <NativeSelect
          {...common}
          value={value === undefined ? "" : String(value)}
          onChange={(event) => onChange({ true: true, false: false }[event.currentTarget.value])}
          data={[
            { value: "", label: t("form.notSet") },
            { value: "true", label: t("form.true") },
            { value: "false", label: t("form.false") },
          ]}
        />
      );
    case "enum":
      return (
        <NativeSelect
          {...common}
          value={value === undefined ? "" : JSON.stringify(value)}
          onChange={(event) =>
            onChange(shape.values.find((each) => JSON.stringify(each) === event.currentTarget.value))
          }
          data={[
            ...(isRequired && value !== undefined ? [] : [{ value: "", label: t("form.notSet") }]),
            ...shape.values.map((each) => ({ value: JSON.stringify(each), label: String(each) })),
          ]}
        />
      );
    case "string":
      if (shape.inputType === "password") {
        return (
          <PasswordInput
            {...common}
            autoComplete="off"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        );
      }
      return shape.isLong ? (
        <Textarea {...common} rows={4} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      ) : (
        <TextInput
          {...common}
          type={shape.inputType}
          placeholder={textOf(plain, "format")}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      );
    case "json":
      return (
        <div className={classes.withClear}>
          <JsonField {...common} label={label} value={value} onChange={onChange} />
          {clear}
        </div>
      );
  }
}

function ObjectField(props: ShapedFieldProps & { fields: Extract<FieldShape, { kind: "object" }>["fields"] }) {
  const { value, fields, path, context } = props;
  const record = typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  const setField = (name: string, next: unknown): void => {
    const { [name]: _before, ...others } = record;
    props.onChange(next === undefined ? others : { ...record, [name]: next });
  };
  const body = fields.map((field) => (
    <SchemaField
      key={field.name}
      context={context}
      schema={field.schema}
      name={field.name}
      path={joinPath(path, field.name)}
      isRequired={field.isRequired}
      value={record[field.name]}
      onChange={(next) => setField(field.name, next)}
    />
  ));
  if (props.isRoot) return body;
  return <Group {...props}>{body}</Group>;
}

function ArrayField(props: ShapedFieldProps & { item: JsonSchema; minItems: number; maxItems: number }) {
  const { value, item, path, context, onChange } = props;
  const t = useT();
  const items = Array.isArray(value) ? (value as readonly unknown[]) : [];
  return (
    <Group {...props}>
      {items.map((each, index) => (
        <div key={index} className={classes.item}>
          <SchemaField
            context={context}
            schema={item}
            name={t("form.item", { number: index + 1 })}
            path={joinPath(path, String(index))}
            isRequired
            value={each}
            onChange={(next) => onChange(items.with(index, next === undefined ? null : next))}
          />
          <IconAction
            size="xs"
            label={t("form.removeItem", { number: index + 1 })}
            onClick={() => onChange(items.toSpliced(index, 1))}
          >
            <X size={14} />
          </IconAction>
        </div>
      ))}
      {items.length < props.maxItems ? (
        <div>
          <Button
            size="xs"
            leftSection={<Plus size={14} />}
            onClick={() => onChange([...items, emptyValueOf(item, context.root) ?? null])}
          >
            {t("form.addItem")}
          </Button>
        </div>
      ) : null}
    </Group>
  );
}

function Group({ label, clear, plain, path, context, children }: ShapedFieldProps & { children: ReactNode }) {
  const description = textOf(plain, "description");
  const error = context.errors[path];
  return (
    <fieldset className={classes.group}>
      <legend className={classes.legend}>
        {label}
        {clear}
      </legend>
      {description ? <p className="muted meta">{description}</p> : null}
      {children}
      {error ? <p className="bad meta">{error}</p> : null}
    </fieldset>
  );
}
