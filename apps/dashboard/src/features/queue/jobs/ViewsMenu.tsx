import { ActionIcon, Button, Menu, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { Bookmark, ChevronDown, X } from "lucide-react";
import { useState } from "react";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { parseSearch, stringifySearch } from "../../../lib/search.ts";
import { FormDialog } from "../../../ui/FormDialog.tsx";
import { jobsSearch, type JobsSearch } from "../jobs.search.ts";
import classes from "./ViewsMenu.module.css";
import { useSavedViews } from "./saved-views.ts";

/** Lists that somebody comes back to, kept in this browser. */
export function ViewsMenu({ search }: { search: JobsSearch }) {
  const t = useT();
  const navigate = useNavigate();
  const { views, save, remove } = useSavedViews();
  const [isNaming, setNaming] = useState(false);
  const { peek: _row, ...kept } = search;
  return (
    <>
      <Menu position="bottom-end" width={280}>
        <Menu.Target>
          <Button
            size="xs"
            variant="subtle"
            leftSection={<Bookmark size={14} />}
            rightSection={<ChevronDown size={14} />}
          >
            {t("queue.views")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t("queue.views.where")}</Menu.Label>
          {views.map((view) => (
            <div key={view.name} className={classes.view} role="none">
              <Menu.Item
                onClick={() => void navigate({ to: "/queue/jobs", search: jobsSearch(parseSearch(view.search)) })}
              >
                {view.name}
              </Menu.Item>
              <ActionIcon
                size="xs"
                role="menuitem"
                aria-label={t("queue.views.remove", { name: view.name })}
                onClick={() => remove(view.name)}
              >
                <X size={14} />
              </ActionIcon>
            </div>
          ))}
          {views.length > 0 ? <Menu.Divider /> : null}
          <Menu.Item onClick={() => setNaming(true)}>{t("queue.views.save")}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {isNaming ? (
        <NameDialog onSave={(name) => save({ name, search: stringifySearch(kept) })} onClose={() => setNaming(false)} />
      ) : null}
    </>
  );
}

function NameDialog({ onSave, onClose }: { onSave(name: string): void; onClose(): void }) {
  const t = useT();
  const [name, setName] = useState("");
  const [error, setError] = useState<unknown>();
  return (
    <FormDialog
      title={t("queue.views.saveTitle")}
      width={420}
      submitLabel={t("ui.save")}
      disabledReason={name.trim() === "" ? t("queue.views.needName") : undefined}
      error={error}
      footNote={t("queue.views.where")}
      onSubmit={() => {
        try {
          onSave(name.trim());
          onClose();
        } catch (refusal) {
          setError(refusal);
        }
      }}
      onClose={onClose}
    >
      <TextInput
        data-autofocus
        label={t("queue.views.name")}
        value={name}
        maxLength={60}
        autoComplete="off"
        onChange={(event) => setName(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
