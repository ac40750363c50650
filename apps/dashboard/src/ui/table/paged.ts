interface PagedQuery {
  readonly error: unknown;
  readonly isPlaceholderData: boolean;
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  refetch(): Promise<unknown>;
  fetchNextPage(): Promise<unknown>;
}

/** What a `DataTable` wants to know of a list that comes in pages. */
export function toPaging(query: PagedQuery) {
  return {
    error: query.error,
    onRetry: () => void query.refetch(),
    isRefreshing: query.isPlaceholderData,
    hasMore: query.hasNextPage,
    isLoadingMore: query.isFetchingNextPage,
    onLoadMore: () => void query.fetchNextPage(),
  };
}
