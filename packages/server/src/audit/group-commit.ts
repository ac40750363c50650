const BATCH_MAX = 500;

export interface GroupCommit<Row> {
  /** Resolves once the row is stored. Raises what the insert of its batch raises. */
  store(row: Row): Promise<void>;
  /** Resolves once no row waits. */
  settled(): Promise<void>;
}

/**
 * Rows that arrive while one insert is under way are stored together by the next: under load a commit is shared by all calls of
 * a round trip, and a lonely call waits for nobody. When the insert fails, every caller whose row was in it gets the error.
 */
export function createGroupCommit<Row>(options: {
  insert(rows: readonly Row[]): Promise<void>;
  onFailed(error: unknown, rows: number): void;
}): GroupCommit<Row> {
  let waiting: { readonly row: Row; readonly done: PromiseWithResolvers<void> }[] = [];
  let flushing: Promise<void> | undefined;

  const flush = async (): Promise<void> => {
    // Once around the queue of microtasks, so that the calls of one batch land in the same insert.
    await Promise.resolve();
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH_MAX);
      waiting = waiting.slice(BATCH_MAX);
      try {
        await options.insert(batch.map(({ row }) => row));
        for (const { done } of batch) done.resolve();
      } catch (error) {
        options.onFailed(error, batch.length);
        for (const { done } of batch) done.reject(error);
      }
    }
    flushing = undefined;
  };

  return {
    store: (row) => {
      const done = Promise.withResolvers<void>();
      waiting.push({ row, done });
      flushing ??= flush();
      return done.promise;
    },
    settled: async () => flushing,
  };
}
