import { Checkbox, TextInput } from "@mantine/core";
import { Search } from "lucide-react";
import { useState } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import type { Role } from "../../lib/session.tsx";
import { trpc } from "../../lib/trpc.ts";
import { Chip } from "../../ui/FilterBar.tsx";
import { findScopes, isCovered, type ScopeNode, toggleScope, toScopeTree } from "./scopes.ts";
import classes from "./Keys.module.css";

const FRESH_MS = 600_000;

export interface ScopeFieldProps {
  readonly role: Role;
  readonly scopes: readonly string[];
  onChange(scopes: readonly string[]): void;
}

/** Scopes are prefixes of procedure paths: a feature as a whole, a part of it, or single procedures. */
export function ScopeField({ role, scopes, onChange }: ScopeFieldProps) {
  const t = useT();
  const [wanted, setWanted] = useState("");
  const roles = trpc.access.roles.useQuery(undefined, { staleTime: FRESH_MS });
  const rights = roles.data?.roles.find((each) => each.name === role)?.rights ?? [];
  const found = findScopes(toScopeTree(rights), wanted);
  const reached = rights.filter((right) => isCovered(scopes, right)).length;
  return (
    <div role="group" aria-label={t("apiKeys.scopes")} className={classes.scopeField}>
      <div className={classes.scopeHead}>
        <p className="medium">{t("apiKeys.scopes")}</p>
        <p className="muted meta" role="status">
          {scopes.length === 0
            ? t("apiKeys.create.scopesAll", { count: rights.length, role: t(`role.${role}`) })
            : t("apiKeys.create.scopesSome", { count: reached, all: rights.length })}
        </p>
      </div>
      <TextInput
        aria-label={t("apiKeys.create.scopesSearch")}
        placeholder={t("apiKeys.create.scopesSearch")}
        leftSection={<Search size={14} />}
        value={wanted}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setWanted(event.currentTarget.value)}
        // Enter would make the key.
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) event.preventDefault();
        }}
      />
      <div className={classes.scopeList} tabIndex={0} role="region" aria-label={t("apiKeys.create.scopesHint")}>
        {found.map((node) => (
          <ScopeRows key={node.path} node={node} level={0} scopes={scopes} onChange={onChange} />
        ))}
        {found.length === 0 && roles.data ? (
          <p className={classes.scopeNone}>{t("apiKeys.create.scopesNone")}</p>
        ) : null}
      </div>
      {scopes.length > 0 ? (
        <div className={classes.scopes}>
          {scopes.map((scope) => (
            <Chip
              key={scope}
              chip={{ id: scope, name: t("apiKeys.scope"), value: scope }}
              onRemove={() => onChange(toggleScope(scopes, scope, false))}
            />
          ))}
        </div>
      ) : null}
    </div>
  );
}

interface ScopeRowsProps extends Pick<ScopeFieldProps, "scopes" | "onChange"> {
  readonly node: ScopeNode;
  readonly level: number;
}

function ScopeRows({ node, level, scopes, onChange }: ScopeRowsProps) {
  const t = useT();
  const { path, children, count } = node;
  const isChosen = scopes.includes(path);
  const isBelow = !isChosen && isCovered(scopes, path);
  const word = path.slice(path.lastIndexOf(".") + 1);
  return (
    <>
      <div className={classes.scopeRow} data-level={level} data-prefix={children.length > 0 || undefined}>
        <Checkbox
          label={<code className={children.length > 0 ? "mono medium" : "mono"}>{word}</code>}
          aria-label={path}
          checked={isChosen || isBelow}
          disabled={isBelow}
          indeterminate={!isChosen && !isBelow && scopes.some((scope) => scope.startsWith(`${path}.`))}
          onChange={(event) => onChange(toggleScope(scopes, path, event.currentTarget.checked))}
        />
        {children.length > 0 ? <span className="muted meta num">{t("users.rights", { count })}</span> : null}
      </div>
      {children.map((child) => (
        <ScopeRows key={child.path} node={child} level={level + 1} scopes={scopes} onChange={onChange} />
      ))}
    </>
  );
}
