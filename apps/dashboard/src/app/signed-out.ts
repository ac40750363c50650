import { type AnyRouter, useRouter } from "@tanstack/react-router";

/** Leads to the sign-in page and remembers where from, filters included. */
export function goToSignIn(router: AnyRouter): void {
  const { pathname, href } = router.state.location;
  if (pathname === "/sign-in" || pathname === "/setup") return;
  const next = pathname === "/" ? undefined : href;
  void router.navigate({ to: "/sign-in", search: { next }, replace: true });
}

export function useSignedOut(): () => void {
  const router = useRouter();
  return () => goToSignIn(router);
}
