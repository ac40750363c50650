import { Button } from "@mantine/core";
import { type ErrorComponentProps, Link } from "@tanstack/react-router";
import { useT } from "../lib/i18n/i18n.tsx";
import { EmptyState } from "../ui/EmptyState.tsx";

/** A page that could not be fetched or drawn: most often its file is gone after a deploy. */
export function RouteFailure({ error }: ErrorComponentProps) {
  const t = useT();
  return (
    <div role="alert">
      <EmptyState
        kind="none-match"
        title={t("error.page")}
        body={t("error.pageBody")}
        actions={<Button onClick={() => window.location.reload()}>{t("error.reload")}</Button>}
      >
        <code className="mono muted">{error instanceof Error ? error.message : String(error)}</code>
      </EmptyState>
    </div>
  );
}

export function NotFound() {
  const t = useT();
  return (
    <EmptyState
      kind="none-match"
      title={t("error.notFound")}
      body={t("error.notFoundBody")}
      actions={<Link to="/">{t("nav.overview")}</Link>}
    />
  );
}
