import { type ReactNode, useState } from "react";
import { useFormat } from "../lib/format.ts";
import { useT } from "../lib/i18n/i18n.tsx";
import classes from "./CodeBlock.module.css";

export interface CodeBlockProps {
  readonly children: ReactNode;
  /** Names the block for assistive technology. */
  readonly label: string;
  /** Pixels after which it scrolls. Default 320. */
  readonly maxHeight?: number;
}

/** Text in the mono face on an inset ground. It can be scrolled by keyboard. */
export function CodeBlock({ children, label, maxHeight = 320 }: CodeBlockProps) {
  return (
    <pre className={classes.block} tabIndex={0} role="region" aria-label={label} style={{ maxHeight }}>
      <code>{children}</code>
    </pre>
  );
}

export interface JsonViewProps {
  readonly value: unknown;
  readonly label: string;
  /** Lines shown before "show all". Default 40: a payload may be 256 KB, and painting it all freezes the tab. */
  readonly maxLines?: number;
}

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?/g;

/** JSON, indented, keys in colour. */
export function JsonView({ value, label, maxLines = 40 }: JsonViewProps) {
  const t = useT();
  const format = useFormat();
  const [showAll, setShowAll] = useState(false);
  const written = JSON.stringify(value, null, 2) ?? "undefined";
  const lines = written.split("\n");
  const hidden = showAll ? 0 : Math.max(0, lines.length - maxLines);
  const shown = hidden === 0 ? written : lines.slice(0, maxLines).join("\n");
  return (
    <CodeBlock label={label} maxHeight={showAll ? 560 : 320}>
      {colour(shown)}
      {hidden > 0 ? (
        <span className={classes.more}>
          {"\n"}
          {t("json.more", { count: hidden })},{" "}
          <button type="button" className={classes.link} onClick={() => setShowAll(true)}>
            {t("json.showAll", { size: format.bytes(written.length) })}
          </button>
        </span>
      ) : null}
    </CodeBlock>
  );
}

function colour(json: string): ReactNode[] {
  const parts: ReactNode[] = [];
  let at = 0;
  for (const match of json.matchAll(TOKEN)) {
    const [whole, , colon] = match;
    if (colon === undefined) continue;
    parts.push(json.slice(at, match.index));
    parts.push(
      <span key={match.index} className={classes.key}>
        {whole.slice(0, whole.length - colon.length)}
      </span>,
      colon,
    );
    at = match.index + whole.length;
  }
  parts.push(json.slice(at));
  return parts;
}

export interface StackViewProps {
  readonly name: string;
  readonly message: string;
  readonly stack: string | null;
  readonly label: string;
}

/** An error as it was thrown: its name in red, its frames below. */
export function StackView({ name, message, stack, label }: StackViewProps) {
  const frames = (stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return (
    <CodeBlock label={label}>
      <span className="bad">{name}</span>: {message}
      {frames.map((frame, index) => (
        <span key={index} className={classes.frame}>
          {"\n"}
          {frame}
        </span>
      ))}
    </CodeBlock>
  );
}
