import { NativeSelect } from "@mantine/core";
import { Check, CircleMinus } from "lucide-react";
import { useState } from "react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { trpc } from "../../lib/trpc.ts";
import type { ApiKey } from "./key.ts";
import classes from "./Keys.module.css";
import { reachOf } from "./scopes.ts";

const FRESH_MS = 600_000;

/** "Why is this call refused?", answered before somebody makes it: allowed, or which of role and scopes is in the way. */
export function KeyReach({ apiKey }: { apiKey: ApiKey }) {
  const t = useT();
  const [path, setPath] = useState("");
  const query = trpc.access.roles.useQuery(undefined, { staleTime: FRESH_MS });
  const roles = query.data?.roles ?? [];
  const all = [...new Set(roles.flatMap(({ rights }) => rights))].toSorted();
  const reach = path === "" ? null : reachOf(apiKey, path, roles);
  return (
    <div className={classes.reach}>
      <NativeSelect
        label={t("apiKeys.reach")}
        value={path}
        onChange={(event) => setPath(event.currentTarget.value)}
        data={[{ value: "", label: t("apiKeys.reach.choose") }, ...all]}
      />
      <p role="status" className={classes.reachAnswer}>
        {reach === null ? null : reach.kind === "allowed" ? (
          <>
            <Check size={14} className="ok" aria-hidden />
            <span>{t("apiKeys.reach.allowed")}</span>
          </>
        ) : (
          <>
            <CircleMinus size={14} className="warn" aria-hidden />
            <span>
              {reach.kind === "scope"
                ? t("apiKeys.reach.scope", { scopes: apiKey.scopes?.join(", ") ?? "" })
                : t("apiKeys.reach.role", { needs: t(`role.${reach.needs}`), role: t(`role.${apiKey.role}`) })}
            </span>
          </>
        )}
      </p>
    </div>
  );
}
