import { Button } from "@mantine/core";
import { Database } from "lucide-react";
import { useT } from "../../lib/i18n/i18n.tsx";
import { CodeBlock } from "../../ui/CodeBlock.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import type { CacheSearch } from "./cache.search.ts";

export function NoKeys({ search, onClear }: { search: CacheSearch; onClear(): void }) {
  const t = useT();
  if (search.prefix !== undefined) {
    return (
      <EmptyState
        kind="none-match"
        title={t("cache.empty.noneMatch", { prefix: search.prefix })}
        body={t("cache.empty.noneMatchBody")}
        actions={<Button onClick={onClear}>{t("cache.empty.clear")}</Button>}
      />
    );
  }
  return (
    <EmptyState kind="never" icon={Database} title={t("cache.empty.never")} body={t("cache.empty.neverBody")}>
      <CodeBlock label={t("cache.empty.code")}>
        {
          'await client.cache.set.mutate({\n  key: "user:42:profile",\n  value: { name: "Ada" },\n  ttlSeconds: 600,\n});'
        }
      </CodeBlock>
    </EmptyState>
  );
}
