import { useNavigate, useSearch } from "@tanstack/react-router";
import type { RawSearch } from "./search.ts";

export interface PageSearch<Search> {
  readonly search: Search;
  /**
   * Writes a part of the address; undefined removes a key. A step that Back should return to is pushed; what changes with
   * each key or row is replaced.
   */
  change(part: Partial<Search>, how?: "push" | "replace"): void;
}

/** The part of the address that a page declared with `defineSearch`. Only for a page whose route validates with `parse`. */
export function usePageSearch<Search extends object>(_parse: (raw: RawSearch) => Search): PageSearch<Search> {
  // The route has validated already; the parameter ties the type of the page to that of its route.
  const validated: unknown = useSearch({ strict: false });
  const search = validated as Search;
  const navigate = useNavigate();
  return {
    search,
    change: (part, how = "push") =>
      void navigate({ to: ".", search: (before) => ({ ...before, ...part }), replace: how === "replace" }),
  };
}
