import type { ArenaRequest } from "./arena.js";
import { measureArena } from "./page.js";

/* The page: asks what to build, builds it, and posts what it found. */

const answer = async (reply: unknown): Promise<void> => {
  await fetch("answer", { method: "POST", body: JSON.stringify(reply) });
};

try {
  // From the program that serves the page.
  const request = (await (await fetch("request")).json()) as ArenaRequest;
  await answer({ kind: "measured", arena: measureArena(request) });
} catch (error) {
  await answer({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
}
