import { useNavigate } from "@tanstack/react-router";
import { ListTodo, User } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { after } from "../../lib/clock.ts";
import type { Command } from "../../lib/commands.tsx";
import { useMay } from "../../lib/session.tsx";
import { type Outputs, trpc } from "../../lib/trpc.ts";

const TYPING_MS = 200;
const FIND_FROM_CHARACTERS = 2;
const PEOPLE_MAX = 5;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

interface Found {
  readonly people: Outputs["users"]["list"]["items"];
  readonly job: Outputs["queue"]["jobs"]["get"] | undefined;
}

const NOTHING: Found = { people: [], job: undefined };

/** People by e-mail or name, and a job or a person by a whole id, as far as the signed-in person may see them. */
export function useFound(query: string): { readonly found: readonly Command[]; readonly isFinding: boolean } {
  const { client } = trpc.useUtils();
  const may = useMay();
  const navigate = useNavigate();
  const [found, setFound] = useState(NOTHING);
  const [isFinding, setIsFinding] = useState(false);
  const seesPeople = may("users.list");
  const seesJobs = may("queue.jobs.get");

  useEffect(() => {
    const wanted = query.trim();
    if (wanted.length < FIND_FROM_CHARACTERS) {
      setFound(NOTHING);
      return;
    }
    const controller = new AbortController();
    const { signal } = controller;
    setIsFinding(true);
    const find = async (): Promise<void> => {
      // One look-up that fails, for want of a connection or because there is no such job, leaves the other's results.
      const [people, job] = await Promise.allSettled([
        seesPeople ? client.users.list.query({ search: wanted, limit: PEOPLE_MAX }, { signal }) : undefined,
        seesJobs && UUID.test(wanted) ? client.queue.jobs.get.query({ id: wanted }, { signal }) : undefined,
      ]);
      if (signal.aborted) return;
      setFound({
        people: people.status === "fulfilled" ? (people.value?.items ?? []) : [],
        job: job.status === "fulfilled" ? job.value : undefined,
      });
      setIsFinding(false);
    };
    const cancel = after(TYPING_MS, () => void find());
    return () => {
      cancel();
      controller.abort();
      setIsFinding(false);
    };
  }, [query, client, seesPeople, seesJobs]);

  const commands = useMemo((): readonly Command[] => {
    const people = found.people.map(({ id, name, email }): Command => {
      const run = (): void => void navigate({ to: "/users/$id", params: { id } });
      return { id: `user ${id}`, group: "found", title: email, context: name, icon: User, run };
    });
    const { job } = found;
    if (!job) return people;
    const run = (): void => void navigate({ to: "/queue/jobs/$id", params: { id: job.id } });
    return [{ id: `job ${job.id}`, group: "found", title: job.name, context: job.id, icon: ListTodo, run }, ...people];
  }, [found, navigate]);
  return { found: commands, isFinding };
}
