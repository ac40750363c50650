import { Button } from "@mantine/core";
import { useState } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { ChangePasswordDialog } from "./ChangePasswordDialog.tsx";

export function PasswordPanel() {
  const t = useT();
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Panel
      title={t("password.title")}
      end={<Button onClick={() => setIsOpen(true)}>{t("password.change")}</Button>}
      divided
    >
      <p className="muted">{t("password.body")}</p>
      {isOpen ? <ChangePasswordDialog onClose={() => setIsOpen(false)} /> : null}
    </Panel>
  );
}
