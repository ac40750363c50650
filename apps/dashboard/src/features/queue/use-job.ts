import { useDocumentVisibility } from "@mantine/hooks";
import { skipToken } from "@tanstack/react-query";
import { trpc } from "../../lib/trpc.ts";
import { isFinal } from "./job.ts";

/** One job, told by the server at each change until it has ended. A hidden tab listens to nothing. */
export function useJob(id: string) {
  const utils = trpc.useUtils();
  const isVisible = useDocumentVisibility() === "visible";
  const query = trpc.queue.jobs.get.useQuery({ id });
  const isOpen = query.data !== undefined && !isFinal(query.data.state);
  trpc.queue.jobs.watch.useSubscription(isOpen && isVisible ? { id } : skipToken, {
    onData: ({ data }) => utils.queue.jobs.get.setData({ id }, data),
    // The stream is an extra: without it the job is as old as its last reading, and acts read it anew.
    onError: (error) => console.warn("The job is not watched.", error),
  });
  return query;
}
