import { Button } from "@mantine/core";
import { Check, Copy, Download } from "lucide-react";
import { useFormat } from "../../lib/format.ts";
import { nowMs } from "../../lib/clock.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useMe } from "../../lib/session.tsx";
import { useCopy } from "../../ui/CopyButton.tsx";
import { Notice } from "../../ui/Notice.tsx";
import { saveAs } from "../../lib/save-file.ts";
import classes from "./Security.module.css";

/** The only time that the codes are seen. */
export function RecoveryCodes({ codes }: { codes: readonly string[] }) {
  const t = useT();
  const format = useFormat();
  const { user } = useMe();
  const [copied, copy] = useCopy();
  const save = (): void => {
    const head = t("twoFactor.codes.file", {
      email: user.email,
      place: window.location.origin,
      time: `${format.dateTime(nowMs())} ${format.zoneLabel}`,
    });
    saveAs("switchboard-recovery-codes.txt", [`${head}\n\n${codes.join("\n")}\n`], "text/plain");
  };
  return (
    <>
      <Notice tone="warn" title={t("twoFactor.codes.body")} />
      <ul className={classes.codes} aria-label={t("twoFactor.codes.list")}>
        {codes.map((code) => (
          <li key={code} className="mono">
            {code}
          </li>
        ))}
      </ul>
      <div className={classes.buttons}>
        <Button
          size="md"
          leftSection={copied ? <Check size={14} /> : <Copy size={14} />}
          onClick={() => copy(codes.join("\n"))}
        >
          {copied ? t("ui.copied") : t("twoFactor.codes.copy")}
        </Button>
        <Button size="md" leftSection={<Download size={14} />} onClick={save}>
          {t("twoFactor.codes.download")}
        </Button>
      </div>
    </>
  );
}
