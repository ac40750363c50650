import { useNavigate } from "@tanstack/react-router";
import { useT } from "../../lib/i18n/i18n.tsx";
import { useShortcut } from "../../lib/keyboard.tsx";
import { useMay } from "../../lib/session.tsx";
import { allPages, type SubPage } from "../navigation.ts";

/** Binds `g o`, `g q` and the like. */
export function NavigationKeys() {
  const may = useMay();
  return allPages
    .filter((item) => item.right === undefined || may(item.right))
    .map((item) => <NavigationKey key={item.to} item={item} />);
}

function NavigationKey({ item }: { item: SubPage }) {
  const t = useT();
  const navigate = useNavigate();
  useShortcut(`g ${item.key}`, t("keys.goTo", { page: t(item.label) }), () => void navigate({ to: item.to }), {
    scope: "everywhere",
  });
  return null;
}
