import type { ReactNode } from "react";
import { ErrorState } from "./ErrorState.tsx";
import { SkeletonLines } from "./Skeleton.tsx";

/** The part of a query's result that a view needs. */
export interface QueryView<Data> {
  readonly data: Data | undefined;
  readonly error: unknown;
  readonly isPending: boolean;
  refetch(): unknown;
}

export interface AsyncViewProps<Data> {
  readonly query: QueryView<Data>;
  /** Same geometry as the content. Default: eight lines. */
  readonly skeleton?: ReactNode;
  /** What could not be read, in words. */
  readonly errorTitle?: string;
  children(data: Data): ReactNode;
}

/** Skeleton, then data; an error only when there is nothing older to show. */
export function AsyncView<Data>({ query, skeleton, errorTitle, children }: AsyncViewProps<Data>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) {
    return (
      <ErrorState
        error={query.error}
        {...(errorTitle === undefined ? {} : { title: errorTitle })}
        onRetry={() => void query.refetch()}
      />
    );
  }
  return skeleton ?? <SkeletonLines lines={8} />;
}
