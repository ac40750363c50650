/** Browser and system of a User-Agent, such as "Chrome · Linux"; null when it names neither. */
export function describeAgent(userAgent: string | null): string | null {
  if (!userAgent) return null;
  const browser = firstOf(userAgent, [
    [/Edg\//, "Edge"],
    [/OPR\//, "Opera"],
    [/Firefox\//, "Firefox"],
    [/Chrome\//, "Chrome"],
    [/Safari\//, "Safari"],
    [/curl\//, "curl"],
    [/^node/i, "Node"],
  ]);
  const system = firstOf(userAgent, [
    [/Windows/, "Windows"],
    [/iPhone|iPad/, "iOS"],
    [/Android/, "Android"],
    [/Mac OS X/, "macOS"],
    [/Linux/, "Linux"],
  ]);
  return [browser, system].filter(Boolean).join(" · ") || userAgent.slice(0, 40);
}

/** What kind of machine a User-Agent is of, for its icon. */
export function agentKind(userAgent: string | null): "desk" | "phone" | "program" {
  if (!userAgent || !userAgent.startsWith("Mozilla/")) return "program";
  return /iPhone|iPad|Android|Mobile/.test(userAgent) ? "phone" : "desk";
}

function firstOf(text: string, patterns: readonly (readonly [RegExp, string])[]): string | undefined {
  return patterns.find(([pattern]) => pattern.test(text))?.[1];
}
