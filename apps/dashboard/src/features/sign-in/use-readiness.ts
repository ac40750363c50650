import { useQuery } from "@tanstack/react-query";

/** Whether the server takes requests; undefined while that is asked. */
export function useReadiness(): boolean | undefined {
  const { data } = useQuery({
    queryKey: ["health", "ready"],
    queryFn: async () => {
      try {
        return (await fetch("/health/ready")).ok;
      } catch {
        return false;
      }
    },
    // The next question follows the answer, and only while the page is seen.
    refetchInterval: 10_000,
    retry: false,
  });
  return data;
}
