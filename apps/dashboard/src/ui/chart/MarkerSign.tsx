import type { ReactNode } from "react";
import type { MarkerKind } from "./series.ts";

const shapes: Readonly<Record<MarkerKind, ReactNode>> = {
  deploy: <path d="M5 1 9.2 9H.8Z" />,
  limit: <path d="M5 .5 9.5 5 5 9.5.5 5Z" />,
  pause: <path d="M2 1h2v8H2zM6 1h2v8H6z" />,
  access: <circle cx="5" cy="5" r="4" />,
  other: <circle cx="5" cy="5" r="3.2" fill="none" stroke="currentColor" strokeWidth="1.6" />,
};

/** A shape per kind, so that they differ without colour. */
export function MarkerSign({ kind }: { kind: MarkerKind }) {
  return (
    <svg width="10" height="10" viewBox="0 0 10 10" fill="currentColor" aria-hidden>
      {shapes[kind]}
    </svg>
  );
}
