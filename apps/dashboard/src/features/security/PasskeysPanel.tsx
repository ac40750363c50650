import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { KeyRound, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useMe } from "../../lib/session.tsx";
import { IconAction } from "../../ui/ActionButton.tsx";
import { AsyncView } from "../../ui/AsyncView.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { SkeletonLines } from "../../ui/Skeleton.tsx";
import { Time } from "../../ui/Time.tsx";
import { AddPasskeyDialog } from "./AddPasskeyDialog.tsx";
import { passkeySupport } from "./passkeys.ts";
import { PasskeyWhyNot } from "./PasskeyWhyNot.tsx";
import { RemovePasskeyDialog } from "./RemovePasskeyDialog.tsx";
import { RenamePasskeyDialog } from "./RenamePasskeyDialog.tsx";
import classes from "./Security.module.css";
import { listPasskeys, type Passkey, passkeysKey } from "./security-calls.ts";

type Opened =
  | { readonly what: "add" }
  | { readonly what: "rename" | "remove"; readonly passkey: Passkey; readonly name: string };

export function PasskeysPanel() {
  const t = useT();
  const { security } = useMe();
  const [opened, setOpened] = useState<Opened>();
  const passkeys = useQuery({ queryKey: passkeysKey, queryFn: listPasskeys });
  const support = passkeySupport();
  const canAdd = support === "yes" && security.passkeysAvailable;
  const close = (): void => setOpened(undefined);
  return (
    <Panel
      title={t("passkeys.title")}
      end={canAdd ? <Button onClick={() => setOpened({ what: "add" })}>{t("passkeys.add")}</Button> : null}
      flush
    >
      <p className={classes.lead}>{t("passkeys.body")}</p>
      <AsyncView query={passkeys} skeleton={<SkeletonLines lines={1} height={48} />} errorTitle={t("passkeys.failed")}>
        {(all) =>
          all.length === 0 ? (
            canAdd && <p className={classes.none}>{t("passkeys.none")}</p>
          ) : (
            <ul className={classes.rows}>
              {all.map((passkey) => {
                const name = passkey.name ?? t("passkeys.unnamed");
                return (
                  <li key={passkey.id} className={classes.row}>
                    <KeyRound size={16} className="muted" aria-hidden />
                    <span className={classes.words}>
                      <span className="truncate">{name}</span>
                      <span className="muted meta">
                        {passkey.createdAt
                          ? t.rich("passkeys.added", { when: <Time at={passkey.createdAt} as="date" /> })
                          : null}
                        {" · "}
                        {passkey.lastUsedAt
                          ? t.rich("passkeys.used", { when: <Time at={passkey.lastUsedAt} /> })
                          : t("passkeys.unused")}
                      </span>
                    </span>
                    <IconAction
                      label={t("passkeys.rename", { name })}
                      onClick={() => setOpened({ what: "rename", passkey, name })}
                    >
                      <Pencil size={14} />
                    </IconAction>
                    <IconAction
                      label={t("passkeys.remove", { name })}
                      onClick={() => setOpened({ what: "remove", passkey, name })}
                    >
                      <Trash2 size={14} />
                    </IconAction>
                  </li>
                );
              })}
            </ul>
          )
        }
      </AsyncView>
      {canAdd ? null : (
        <p className={classes.whyNot}>
          {support === "yes" ? t("passkeys.not.server") : <PasskeyWhyNot support={support} />}
        </p>
      )}
      {opened?.what === "add" ? <AddPasskeyDialog onClose={close} /> : null}
      {opened?.what === "rename" ? <RenamePasskeyDialog passkey={opened.passkey} onClose={close} /> : null}
      {opened?.what === "remove" ? (
        <RemovePasskeyDialog id={opened.passkey.id} name={opened.name} onClose={close} />
      ) : null}
    </Panel>
  );
}
