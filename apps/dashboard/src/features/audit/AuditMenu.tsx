import { ActionIcon, Menu } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ChartLine, Clock, ListFilter, MoreHorizontal, Target, Undo2, User } from "lucide-react";
import { nowMs } from "../../lib/clock.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { logAround, rangeAround } from "./around.ts";
import classes from "./Audit.module.css";
import type { AuditSearch } from "./audit.search.ts";
import type { AuditEvent } from "./changes.ts";
import type { Undo } from "./use-undo.tsx";

interface AuditMenuProps {
  readonly event: AuditEvent;
  readonly undo: Undo;
  /** The panel has buttons for the first two. */
  readonly isInPanel?: boolean;
  onFilter(part: AuditSearch): void;
}

/** What can be done with one event, and ways to those beside it. */
export function AuditMenu({ event, undo, isInPanel, onFilter }: AuditMenuProps) {
  const t = useT();
  const { id, action, actorId, targetId } = event;
  const undoOff = undo.offBecause(event);
  const range = rangeAround(event.at, nowMs());
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon
          {...(isInPanel ? {} : { size: "xs" })}
          aria-label={isInPanel ? t("ui.moreActions") : t("table.rowMenu", { name: action })}
        >
          <MoreHorizontal size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {isInPanel ? null : (
          <>
            <Menu.Item
              leftSection={<Undo2 size={14} />}
              disabled={undoOff !== undefined}
              title={undoOff}
              onClick={() => undo.start(event)}
            >
              {t("audit.undo")}
            </Menu.Item>
            {range ? (
              <Menu.Item
                className={classes.linkButton ?? ""}
                leftSection={<ChartLine size={14} />}
                renderRoot={(props) => <Link to="/overview" search={{ mark: id, range }} {...props} />}
              >
                {t("audit.onCharts")}
              </Menu.Item>
            ) : null}
          </>
        )}
        <Menu.Item leftSection={<Clock size={14} />} onClick={() => onFilter(logAround(event.at))}>
          {t("audit.around")}
        </Menu.Item>
        <Menu.Item leftSection={<ListFilter size={14} />} onClick={() => onFilter({ action })}>
          {t("audit.sameAction")}
        </Menu.Item>
        {actorId ? (
          <Menu.Item leftSection={<User size={14} />} onClick={() => onFilter({ actor: actorId })}>
            {t("audit.sameActor")}
          </Menu.Item>
        ) : null}
        {targetId ? (
          <Menu.Item leftSection={<Target size={14} />} onClick={() => onFilter({ target: targetId })}>
            {t("audit.sameTarget")}
          </Menu.Item>
        ) : null}
      </Menu.Dropdown>
    </Menu>
  );
}
