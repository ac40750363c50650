import { Menu, Tooltip } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import { type KeyboardEvent, type ReactNode, useState } from "react";
import { useFormat } from "../../lib/format.ts";
import { useT } from "../../lib/i18n/i18n.tsx";
import { layOutMarkers, type MarkerGroup } from "./marker-layout.ts";
import classes from "./MarkerLane.module.css";
import { MarkerSign } from "./MarkerSign.tsx";
import { PLOT_END_PX, Y_AXIS_PX } from "./plot-options.ts";
import type { ChartData, Marker } from "./series.ts";

/** Signs of what was done, above the first plot of a chart. One stop for the Tab key; the arrows go from sign to sign. */
export function MarkerLane({ data }: { data: ChartData }) {
  const t = useT();
  const { ref, width } = useElementSize();
  const [active, setActive] = useState(0);
  const [fromMs = 0, toMs = 0] = [data.times[0], data.times.at(-1)];
  const groups = layOutMarkers(data.markers ?? [], { fromMs, toMs, widthPx: width });
  const onKey = (event: KeyboardEvent<HTMLElement>): void => {
    const last = groups.length - 1;
    const next = { ArrowLeft: active - 1, ArrowRight: active + 1, Home: 0, End: last }[event.key];
    if (next === undefined || event.target !== event.currentTarget.querySelector("[tabindex='0']")) return;
    event.preventDefault();
    const to = Math.min(last, Math.max(0, next));
    setActive(to);
    event.currentTarget.querySelectorAll<HTMLElement>("[data-sign]")[to]?.focus();
  };
  const activeIndex = Math.min(active, groups.length - 1);
  return (
    <div
      ref={ref}
      className={classes.lane}
      style={{ left: Y_AXIS_PX, right: PLOT_END_PX }}
      role="group"
      aria-label={t("chart.markers")}
      onKeyDown={onKey}
    >
      {groups.map((group, index) => (
        <Sign
          key={group.markers[0]?.id}
          group={group}
          isTabStop={index === activeIndex}
          onFocus={() => setActive(index)}
        />
      ))}
    </div>
  );
}

interface SignProps {
  readonly group: MarkerGroup;
  readonly isTabStop: boolean;
  onFocus(): void;
}

function Sign({ group, isTabStop, onFocus }: SignProps) {
  const { markers, leftPx, roomPx, isWordBefore } = group;
  const shown = markers.find((marker) => marker.isCalledOut) ?? markers.at(-1);
  if (!shown) return null;
  const common = {
    className: classes.sign,
    tabIndex: isTabStop ? 0 : -1,
    onFocus,
    "data-sign": shown.kind,
    children: <MarkerSign kind={shown.kind} />,
  };
  return (
    <div className={classes.item} style={{ left: leftPx }} data-called-out={shown.isCalledOut || undefined}>
      {markers.length > 1 ? (
        <GroupSign markers={markers} common={common} />
      ) : (
        <OneSign marker={shown} common={common} />
      )}
      {roomPx > 0 ? (
        <span className={classes.word} style={{ maxWidth: roomPx }} data-before={isWordBefore || undefined} aria-hidden>
          {markers.length > 1 ? `×${markers.length}` : shown.label}
        </span>
      ) : null}
    </div>
  );
}

interface CommonProps {
  readonly className: string | undefined;
  readonly tabIndex: number;
  readonly children: ReactNode;
  onFocus(): void;
}

function OneSign({ marker, common }: { marker: Marker; common: CommonProps }) {
  const { description, link } = marker;
  return (
    <Tooltip label={description} multiline maw={420}>
      {link ? (
        <Link {...link} {...common} aria-label={description} />
      ) : (
        <span {...common} role="img" aria-label={description} />
      )}
    </Tooltip>
  );
}

/** Several at about the same time: a menu of them. */
function GroupSign({ markers, common }: { markers: readonly Marker[]; common: CommonProps }) {
  const t = useT();
  const format = useFormat();
  const [first, last] = [markers[0], markers.at(-1)];
  const label = t("chart.markerGroup", {
    count: markers.length,
    from: format.time(first?.atMs ?? 0),
    to: format.time(last?.atMs ?? 0),
  });
  return (
    <Menu position="bottom-start">
      <Tooltip label={label}>
        <Menu.Target>
          <button type="button" {...common} aria-label={label} />
        </Menu.Target>
      </Tooltip>
      <Menu.Dropdown mah={320} style={{ overflowY: "auto" }}>
        {markers.toReversed().map(({ id, kind, description, link }) => (
          <Menu.Item
            key={id}
            className={classes.choice ?? ""}
            leftSection={<MarkerSign kind={kind} />}
            {...(link ? { renderRoot: (props) => <Link {...link} {...props} /> } : {})}
          >
            <span className={classes.entry}>{description}</span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
