import "../../../lib/i18n/en/limit-change.ts";
import { useT } from "../../../lib/i18n/i18n.tsx";
import { Tag } from "../../../ui/Tag.tsx";
import { changeKindOf, type Limit } from "../limit.ts";

/** That a limit does not run as configured, and whether it goes back by itself. */
export function ChangedTag({ limit }: { limit: Limit }) {
  const t = useT();
  const kind = changeKindOf(limit);
  return kind ? <Tag strong>{t(`limitChange.tag.${kind}`)}</Tag> : null;
}
