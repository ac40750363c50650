import { Button, Checkbox, NativeSelect, Textarea } from "@mantine/core";
import { Download, FileUp } from "lucide-react";
import { type DragEvent, useMemo, useRef, useState } from "react";
import { toAppError } from "../../lib/errors.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useMe } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Notice } from "../../ui/Notice.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { parseCsv, toCsvLine } from "./csv.ts";
import {
  checkRows,
  guessMapping,
  hasHeader,
  IMPORT_MAX_BYTES,
  IMPORT_MAX_ROWS,
  importFields,
  type ImportRow,
  type Mapping,
} from "./import-rows.ts";
import { ImportPreview } from "./ImportPreview.tsx";
import { saveAs } from "./save-as.ts";
import classes from "./Users.module.css";

/** People from a CSV: pasted or chosen, mapped and checked here, created by the server all at once or not at all. */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const t = useT();
  const format = useFormat();
  const toast = useToast();
  const me = useMe();
  const utils = trpc.useUtils();
  const [text, setText] = useState("");
  const [fileName, setFileName] = useState<string>();
  const [chosen, setChosen] = useState<Mapping>();
  const [taken, setTaken] = useState<ReadonlySet<string>>(new Set());
  const [onlyProblems, setOnlyProblems] = useState(false);

  const cells = useMemo(() => parseCsv(text), [text]);
  const mapping = chosen ?? guessMapping(cells);
  const rows = checkRows(cells, { mapping, ownRole: me.user.role, taken });
  const good = rows.filter((row) => row.problem === null);
  const bad = rows.filter((row) => row.problem !== null);
  const users = good.map(({ email, name, role }) => ({ email, name, role }));

  const create = trpc.users.bulkCreate.useMutation({
    onSuccess: ({ created }) => {
      toast({ tone: "ok", title: t("users.import.done", { count: created }) });
      void utils.users.invalidate();
      onClose();
    },
    onError: (error) => {
      const duplicates = duplicatesOf(error);
      if (duplicates.length === 0) return;
      setTaken((before) => new Set([...before, ...duplicates]));
      setOnlyProblems(true);
    },
  });
  const refusal = create.error && duplicatesOf(create.error).length === 0 ? toAppError(create.error) : undefined;
  const wasRefused = create.error !== null && refusal === undefined;

  const read = (source: string, name?: string): void => {
    setText(source);
    setFileName(name);
    setChosen(undefined);
    setTaken(new Set());
    create.reset();
  };
  const readFile = async (file: File | undefined): Promise<void> => {
    if (file) read(await file.text(), file.name);
  };

  const offBecause =
    rows.length === 0
      ? t("users.import.empty")
      : good.length === 0
        ? t("users.import.noneGood")
        : good.length > IMPORT_MAX_ROWS
          ? t("users.import.tooMany", { max: IMPORT_MAX_ROWS })
          : new Blob([JSON.stringify(users)]).size > IMPORT_MAX_BYTES
            ? t("users.import.tooLarge", { max: format.bytes(IMPORT_MAX_BYTES) })
            : undefined;

  return (
    <Dialog
      title={t("users.import.title")}
      subtitle={fileName}
      width={760}
      onClose={onClose}
      onSubmit={() => offBecause === undefined && create.mutate({ users })}
      footNote={
        bad.length > 0 && good.length > 0
          ? t("users.import.leftOut", { count: bad.length })
          : t("users.import.allOrNone")
      }
      actions={
        <>
          <Button size="md" onClick={onClose}>
            {t("ui.cancel")}
          </Button>
          <ActionButton size="md" tone="primary" type="submit" disabledReason={offBecause} loading={create.isPending}>
            {t("users.import.submit", { count: good.length })}
          </ActionButton>
        </>
      }
    >
      <Source text={text} onText={read} onFile={(file) => void readFile(file)} />
      {rows.length === 0 ? null : (
        <>
          <MappingFields cells={cells} mapping={mapping} onChange={setChosen} />
          <div className={classes.importSummary} role="status">
            <span className="ok medium num">{t("users.import.good", { count: good.length })}</span>
            <span className={bad.length > 0 ? "bad medium num" : "muted num"}>
              {t("users.import.bad", { count: bad.length })}
            </span>
            {bad.length > 0 ? (
              <>
                <Checkbox
                  label={t("users.import.onlyProblems")}
                  checked={onlyProblems}
                  onChange={(event) => setOnlyProblems(event.currentTarget.checked)}
                />
                <Button
                  size="xs"
                  variant="subtle"
                  leftSection={<Download size={14} />}
                  onClick={() => saveProblems(bad, (row) => t(`users.import.problem.${row.problem ?? "taken"}`))}
                >
                  {t("users.import.saveProblems")}
                </Button>
              </>
            ) : null}
          </div>
          {wasRefused ? (
            <Notice tone="warn" title={t("users.import.duplicate", { count: taken.size })}>
              {t("users.import.duplicateBody")}
            </Notice>
          ) : null}
          {refusal ? <Notice tone="bad" title={refusal.message} /> : null}
          <ImportPreview rows={onlyProblems ? bad : rows} />
        </>
      )}
    </Dialog>
  );
}

function Source(props: { text: string; onText: (text: string) => void; onFile: (file: File | undefined) => void }) {
  const t = useT();
  const input = useRef<HTMLInputElement>(null);
  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    props.onFile(event.dataTransfer.files[0]);
  };
  return (
    <div className={classes.source} onDragOver={(event) => event.preventDefault()} onDrop={onDrop}>
      <Textarea
        label={t("users.import.paste")}
        description={t("users.import.pasteHint")}
        rows={props.text === "" ? 8 : 4}
        spellCheck={false}
        classNames={{ input: classes.sourceText ?? "" }}
        value={props.text}
        onChange={(event) => props.onText(event.currentTarget.value)}
        data-autofocus
      />
      <input
        ref={input}
        type="file"
        accept=".csv,.tsv,.txt,text/csv"
        className="visually-hidden"
        tabIndex={-1}
        aria-hidden
        onChange={(event) => props.onFile(event.currentTarget.files?.[0])}
      />
      <Button leftSection={<FileUp size={14} />} onClick={() => input.current?.click()}>
        {t("users.import.choose")}
      </Button>
    </div>
  );
}

function MappingFields(props: {
  cells: readonly (readonly string[])[];
  mapping: Mapping;
  onChange: (mapping: Mapping) => void;
}) {
  const t = useT();
  const { cells, mapping } = props;
  const first = cells[0] ?? [];
  const names = first.map((cell, index) =>
    hasHeader(cells) && cell.trim() !== "" ? cell.trim() : t("users.import.column", { number: index + 1 }),
  );
  return (
    <div className={classes.mapping}>
      {importFields.map((field) => (
        <NativeSelect
          key={field}
          label={t(`users.${field}`)}
          value={mapping[field] ?? ""}
          onChange={({ currentTarget: { value } }) =>
            props.onChange({ ...mapping, [field]: value === "" ? null : Number(value) })
          }
          data={[
            { value: "", label: field === "role" ? t("users.import.roleDefault") : t("users.import.noColumn") },
            ...names.map((name, index) => ({ value: String(index), label: name })),
          ]}
        />
      ))}
    </div>
  );
}

/** Addresses of the rows that the server named; nothing was stored then. */
function duplicatesOf(error: unknown): string[] {
  const { code, details } = toAppError(error);
  if (code !== "USERS_DUPLICATE" || !Array.isArray(details.rows)) return [];
  return details.rows.flatMap((row: unknown) =>
    typeof row === "object" && row !== null && "email" in row && typeof row.email === "string"
      ? [row.email.toLowerCase()]
      : [],
  );
}

function saveProblems(rows: readonly ImportRow[], describe: (row: ImportRow) => string): void {
  const lines = rows.map((row) => toCsvLine([String(row.number), row.email, row.name, row.roleText, describe(row)]));
  saveAs("users-with-problems.csv", [toCsvLine(["row", "email", "name", "role", "problem"]), ...lines], "text/csv");
}
