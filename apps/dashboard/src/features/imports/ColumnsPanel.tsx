import { NativeSelect } from "@mantine/core";
import { useEffect, useState } from "react";
import { toAppError } from "../../lib/errors.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { grantableRoles } from "../../lib/roles.ts";
import { type Role, useGate, useMe } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { Notice } from "../../ui/Notice.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { canMap, columnName, type Mapping, type UserImport } from "./import.ts";
import classes from "./Imports.module.css";

/** What is chosen; the addresses have no column until somebody says which. */
type Draft = Omit<Mapping, "email"> & { readonly email: number | null };

const EMPTY: Draft = { email: null, name: null, role: null, defaultRole: "viewer" };
const optional = ["name", "role"] as const;

export interface ColumnsPanelProps {
  readonly item: UserImport;
  /** Others than those that were checked are chosen. */
  onDirty(isDirty: boolean): void;
}

/** Which column is which, beside the first rows. Choosing others checks every row again. */
export function ColumnsPanel({ item, onDirty }: ColumnsPanelProps) {
  const t = useT();
  const me = useMe();
  const gate = useGate();
  const utils = trpc.useUtils();
  const saved: Draft = item.mapping ?? EMPTY;
  const [draft, setDraft] = useState<Draft>(saved);
  const isDirty =
    item.mapping === null || (Object.keys(EMPTY) as (keyof Draft)[]).some((key) => draft[key] !== saved[key]);
  const map = trpc.users.imports.map.useMutation({
    onSuccess: (next) => {
      utils.users.imports.get.setData({ id: next.id }, next);
      void utils.users.imports.problems.invalidate({ id: next.id });
      void utils.users.imports.list.invalidate();
      onDirty(false);
    },
  });
  // A panel that is made anew begins with what was checked, whatever was chosen in the one before.
  useEffect(() => onDirty(false), [onDirty]);
  const change = (part: Partial<Draft>): void => {
    const next = { ...draft, ...part };
    map.reset();
    setDraft(next);
    onDirty((Object.keys(EMPTY) as (keyof Draft)[]).some((key) => next[key] !== saved[key]));
  };

  const isOpen = canMap(item);
  const choices = item.columns.map((_, index) => ({
    value: String(index),
    label: columnName(item.columns, index, t),
  }));
  const offBecause =
    gate("users.imports.map") ??
    (draft.email === null ? t("imports.columns.needEmail") : isDirty ? undefined : t("imports.columns.checked"));
  const submit = (): void => {
    if (offBecause === undefined && draft.email !== null) {
      map.mutate({ id: item.id, mapping: { ...draft, email: draft.email } });
    }
  };
  return (
    <Panel
      title={t("imports.columns")}
      scope={t("imports.columns.scope")}
      end={
        isOpen ? (
          <ActionButton disabledReason={offBecause} loading={map.isPending} onClick={submit}>
            {t("imports.columns.check")}
          </ActionButton>
        ) : null
      }
    >
      <div className={classes.mapping}>
        <NativeSelect
          label={t("users.email")}
          value={draft.email ?? ""}
          disabled={!isOpen}
          error={draft.email === null ? t("imports.columns.needEmail") : undefined}
          onChange={({ currentTarget: { value } }) => change({ email: value === "" ? null : Number(value) })}
          data={[...(draft.email === null ? [{ value: "", label: t("imports.columns.choose") }] : []), ...choices]}
        />
        {optional.map((field) => (
          <NativeSelect
            key={field}
            label={t(`users.${field}`)}
            value={draft[field] ?? ""}
            disabled={!isOpen}
            onChange={({ currentTarget: { value } }) => change({ [field]: value === "" ? null : Number(value) })}
            data={[{ value: "", label: t(`imports.columns.no.${field}`) }, ...choices]}
          />
        ))}
        <NativeSelect
          label={t("imports.columns.defaultRole")}
          description={t("imports.columns.defaultRoleHint")}
          inputWrapperOrder={["label", "input", "description"]}
          value={draft.defaultRole}
          disabled={!isOpen}
          onChange={({ currentTarget: { value } }) => change({ defaultRole: value as Role })}
          data={rolesToGive(me.user.role, draft.defaultRole).map((role) => ({ value: role, label: t(`role.${role}`) }))}
        />
      </div>
      <SampleRows item={item} draft={draft} />
      {map.error ? (
        <div className={classes.notice}>
          <Notice tone="bad" title={toAppError(map.error).message} />
        </div>
      ) : null}
    </Panel>
  );
}

/** One's own and those below; and the one that was chosen, by somebody who may give it. */
function rolesToGive(own: Role, chosen: Role): readonly Role[] {
  return [...new Set([...grantableRoles(own), chosen])];
}

function SampleRows({ item, draft }: { item: UserImport; draft: Draft }) {
  const t = useT();
  const fieldOf = (index: number) => (["email", "name", "role"] as const).find((field) => draft[field] === index);
  return (
    <div className={classes.sample} tabIndex={0} role="region" aria-label={t("imports.columns.sample")}>
      <table>
        <thead>
          <tr>
            {item.columns.map((_, index) => {
              const field = fieldOf(index);
              return (
                <th key={index} scope="col">
                  <span className={classes.sampleHead}>
                    <span className="truncate">{columnName(item.columns, index, t)}</span>
                    {field ? <Tag strong>{t(`users.${field}`)}</Tag> : null}
                  </span>
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {item.sample.map((cells, row) => (
            <tr key={row}>
              {item.columns.map((_, index) => (
                <td key={index} data-mapped={fieldOf(index) !== undefined || undefined}>
                  {cells[index]}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
