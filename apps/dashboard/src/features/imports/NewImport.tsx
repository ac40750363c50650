import { Button, Textarea } from "@mantine/core";
import { ClipboardPaste, FileUp } from "lucide-react";
import { type DragEvent, useRef, useState } from "react";
import { toAppError } from "../../lib/errors.ts";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useGate } from "../../lib/session.tsx";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { Meter } from "../../ui/Meter.tsx";
import { Notice } from "../../ui/Notice.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { FILE_MAX_BYTES, ROWS_MAX } from "./import.ts";
import classes from "./Imports.module.css";
import { type Sending, useUpload } from "./use-upload.ts";

/** The first step: a file, dropped or chosen, or rows that are pasted. */
export function NewImport({ onStored }: { onStored: (id: string) => void }) {
  const t = useT();
  const format = useFormat();
  const upload = useUpload(onStored);
  const [tooLarge, setTooLarge] = useState<string>();
  const send = (file: Blob | undefined, fileName: string): void => {
    if (!file) return;
    // Known beforehand: 64 MB and more would be sent only to be refused.
    setTooLarge(file.size > FILE_MAX_BYTES ? fileName : undefined);
    if (file.size > FILE_MAX_BYTES) upload.clear();
    else upload.send(file, fileName);
  };
  return (
    <Panel title={t("imports.new")} scope={t("imports.limits", { size: format.bytes(FILE_MAX_BYTES), rows: ROWS_MAX })}>
      {upload.sending ? <SendingRow sending={upload.sending} onCancel={upload.cancel} /> : <Source onSend={send} />}
      {tooLarge === undefined ? null : (
        <div className={classes.notice}>
          <Notice tone="bad" title={t("imports.tooLarge", { name: tooLarge, max: format.bytes(FILE_MAX_BYTES) })}>
            {t("imports.tooLargeBody")}
          </Notice>
        </div>
      )}
      {upload.error ? (
        <div className={classes.notice}>
          <UploadRefusal error={upload.error} />
        </div>
      ) : null}
    </Panel>
  );
}

function UploadRefusal({ error }: { error: unknown }) {
  const t = useT();
  const { code, message } = toAppError(error);
  if (code !== "NETWORK") return <Notice tone="bad" title={message} />;
  return (
    <Notice tone="bad" title={t("imports.cutOff")}>
      {t("imports.cutOffBody")}
    </Notice>
  );
}

function Source({ onSend }: { onSend: (file: Blob | undefined, fileName: string) => void }) {
  const t = useT();
  const gate = useGate();
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const [pasted, setPasted] = useState<string>();
  const offBecause = gate("users.import");
  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    const [file] = event.dataTransfer.files;
    if (offBecause === undefined) onSend(file, file?.name ?? "");
  };
  return (
    <div
      className={classes.drop}
      data-over={isOver || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <FileUp size={20} className="muted" aria-hidden />
      <p className="medium">{t("imports.drop")}</p>
      <p className="muted">{t("imports.dropHint")}</p>
      <div className={classes.buttons}>
        <ActionButton tone="primary" disabledReason={offBecause} onClick={() => input.current?.click()}>
          {t("imports.choose")}
        </ActionButton>
        {pasted === undefined ? (
          <ActionButton
            leftSection={<ClipboardPaste size={14} />}
            disabledReason={offBecause}
            onClick={() => setPasted("")}
          >
            {t("imports.paste")}
          </ActionButton>
        ) : null}
      </div>
      <input
        ref={input}
        type="file"
        accept=".csv,.tsv,.txt,text/csv"
        className="visually-hidden"
        tabIndex={-1}
        aria-hidden
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          onSend(file, file?.name ?? "");
          // The same file may be chosen again once it was mended.
          event.currentTarget.value = "";
        }}
      />
      {pasted === undefined ? null : (
        <div className={classes.pasted}>
          <Textarea
            label={t("imports.rows")}
            rows={8}
            spellCheck={false}
            autoFocus
            classNames={{ input: classes.pastedText ?? "" }}
            value={pasted}
            onChange={(event) => setPasted(event.currentTarget.value)}
          />
          <div className={classes.buttons}>
            <ActionButton
              disabledReason={offBecause ?? (pasted.trim() === "" ? t("imports.noRows") : undefined)}
              onClick={() => onSend(new Blob([pasted]), t("imports.pastedName"))}
            >
              {t("imports.checkRows")}
            </ActionButton>
            <Button variant="subtle" onClick={() => setPasted(undefined)}>
              {t("ui.cancel")}
            </Button>
          </div>
        </div>
      )}
    </div>
  );
}

function SendingRow({ sending, onCancel }: { sending: Sending; onCancel: () => void }) {
  const t = useT();
  const format = useFormat();
  const { fileName, sentBytes, sizeBytes } = sending;
  const label = t("imports.sending", { name: fileName });
  // All is sent, and the server still reads: nothing can be counted then.
  const isSent = sentBytes >= sizeBytes;
  return (
    <div className={classes.sending}>
      <p className="medium truncate">{label}</p>
      <Meter share={sizeBytes === 0 ? 1 : sentBytes / sizeBytes} label={label} height={6} tone="accent" isProgress />
      <p className={classes.figures}>
        <span className="num">
          {t("imports.sent", { sent: format.bytes(sentBytes), size: format.bytes(sizeBytes) })}
        </span>
        {isSent ? <span className="muted">{t("imports.reading")}</span> : null}
      </p>
      <Button onClick={onCancel}>{t("ui.cancel")}</Button>
    </div>
  );
}
