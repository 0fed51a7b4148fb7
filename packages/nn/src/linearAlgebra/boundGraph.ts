import { type CompiledGraph, compile, createSession, type Session, type Tensor } from "@steepest/graph";

/** Outputs of a graph with the arrays to fill. */
export interface BoundGraph {
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly feeds: Readonly<Record<string, Float32Array>>;
  readonly fetches: Readonly<Record<string, Float32Array>>;
}

/** Sessions that are made when they first run, since that takes time, and released together. */
export class Sessions {
  readonly #threads: number;
  readonly #graphs: BoundGraph[] = [];
  readonly #made: Promise<Session>[] = [];

  constructor(threads: number) {
    this.#threads = threads;
  }

  /**
   * Runs the graph; the session stays for the next time.
   *
   * @param kind `special` of one that runs in place of a larger one, and need not be counted beside it
   */
  lazily(graph: BoundGraph, kind: "usual" | "special" = "usual"): () => Promise<void> {
    if (kind === "usual") this.#graphs.push(graph);
    let session: Promise<Session> | undefined;
    return async () => {
      if (session === undefined) {
        const { feeds, fetches } = graph;
        session = createSession(compile(graph.outputs), { feeds, fetches, threads: this.#threads });
        this.#made.push(session);
      }
      await (await session).run();
    };
  }

  /** Every usual graph that there is or will be a session of, compiled. */
  compiled(): readonly CompiledGraph[] {
    return this.#graphs.map(({ outputs }) => compile(outputs));
  }

  async release(): Promise<void> {
    for (const session of this.#made) await (await session).release();
  }
}
