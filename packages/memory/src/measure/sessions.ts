import { type CompiledGraph, createSession, type Session, type TensorArray } from "@steepest/graph";
import type { SessionBytes } from "./measured.js";
import { settledMemory } from "./resident.js";

/** What can be made several times and run. */
export interface Repeated {
  /** Makes one more, beside those that there are, and hands over its run. */
  make(): Promise<() => Promise<unknown>>;
  /** Bytes that one will take, about: so many are made that all of them can be weighed. */
  readonly about: SessionBytes;
}

/** Bytes at which the growth of a process is known well, and the most that is made of one thing. */
const [weighable, most] = [16e6, 16];

const repetitions = (bytes: number): number => Math.min(most, Math.max(1, Math.ceil(weighable / bytes)));

/**
 * Weighs sessions: one alone may be less than what a process grows by for other reasons, several are not.
 * They stay, so that none gets the memory of another.
 */
export async function weighSessions({ make, about }: Repeated): Promise<SessionBytes> {
  const sessions = repetitions(about.session);
  const runs = Math.min(sessions, repetitions(about.run));
  const before = await settledMemory();
  const made: (() => Promise<unknown>)[] = [];
  for (let i = 0; i < sessions; i++) made.push(await make());
  const built = await settledMemory();
  for (const run of made.slice(0, runs)) await run();
  const ran = await settledMemory();
  return { session: (built - before) / sessions, run: (ran - built) / runs };
}

/** The arrays that a graph reads and fills, all 0. */
export function arraysOf({ inputs, outputs }: CompiledGraph) {
  const arrays = (values: CompiledGraph["inputs"]): Readonly<Record<string, TensorArray>> =>
    Object.fromEntries(
      // Written, so that they are there before the first run.
      Object.entries(values).map(([name, { shape }]) => [
        name,
        new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(0),
      ]),
    );
  return { feeds: arrays(inputs), fetches: arrays(outputs) };
}

/** Graphs of linear algebra in float32, all together, over arrays of their own. */
export function graphSessions(
  graphs: readonly CompiledGraph[],
  threads: number,
): () => Promise<() => Promise<void>> {
  const bound = graphs.map((graph) => ({ graph, arrays: arraysOf(graph) }));
  return async () => {
    const sessions: Session[] = [];
    for (const { graph, arrays } of bound) sessions.push(await createSession(graph, { ...arrays, threads }));
    return async () => {
      for (const session of sessions) await session.run();
    };
  };
}
