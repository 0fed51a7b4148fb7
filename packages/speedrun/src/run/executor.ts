import { type PoolEvent, type PoolJob, readOutcome, runPool, type TrialOutcome } from "@steepest/bench";
import { SteepestError } from "@steepest/optim";
import type { CompletedRun } from "@steepest/train";

/** A training run that is to be made. */
export interface RunRequest extends PoolJob {
  /** What people call it: `adamw, point 3 of 6`. */
  readonly label: string;
  /** Of requests that wait, the one with the smallest number goes first, and of these the earliest. */
  readonly priority: number;
}

/** What happens to the requests. */
export type ExecutorEvent = PoolEvent<RunRequest>;

/** How a run came to its end: with a result, or because it diverged. */
export type RunOutcome =
  | { readonly kind: "completed"; readonly result: CompletedRun }
  | { readonly kind: "diverged"; readonly reason: string };

/** Carries out training runs, so many at a time. */
export interface Executor {
  /**
   * Waits for its turn and runs; a run that its folder holds is read.
   * @throws Interruption where the signal ends all; SteepestError `unavailable` where the run fails for
   *   reasons outside training
   */
  run(request: RunRequest): Promise<RunOutcome>;
}

/** What ends everything that waits for a run once the signal says stop. What is done is kept. */
export class Interruption extends Error {
  constructor() {
    super("interrupted");
    this.name = "Interruption";
  }
}

/** How runs are carried out; nothing here changes their bits. */
export interface ExecutorOptions {
  /** Runs at a time, each in a process and on a thread of its own; 1 by default: others cost it time. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: ExecutorEvent) => void;
}

/** An executor whose every run has a fresh process: nothing of one run, its memory least, shows in another. */
export function createExecutor({
  workers = 1,
  signal,
  onEvent = () => undefined,
}: ExecutorOptions = {}): Executor {
  const waiting: { readonly priority: number; readonly start: () => void }[] = [];
  let free = workers;

  const turn = (priority: number): Promise<void> =>
    new Promise((resolve) => {
      const behind = waiting.findIndex((other) => other.priority > priority);
      waiting.splice(behind < 0 ? waiting.length : behind, 0, { priority, start: resolve });
      next();
    });
  const next = (): void => {
    if (free === 0) return;
    const first = waiting.shift();
    if (first === undefined) return;
    free--;
    first.start();
  };

  return {
    async run(request) {
      await turn(request.priority);
      try {
        if (signal?.aborted === true) throw new Interruption();
        return outcomeOf(request, await runAlone(request, signal, onEvent));
      } finally {
        free++;
        next();
      }
    },
  };
}

async function runAlone(
  request: RunRequest,
  signal: AbortSignal | undefined,
  onEvent: (event: ExecutorEvent) => void,
): Promise<TrialOutcome> {
  const known = await readOutcome(request.folder);
  if (known !== undefined) return known;
  let outcome: TrialOutcome = { kind: "interrupted" };
  const stop = signal === undefined ? {} : { signal };
  for await (const event of runPool([request], { workers: 1, ...stop })) {
    if (event.kind === "finished") outcome = event.outcome;
    onEvent(event);
  }
  return outcome;
}

function outcomeOf({ label, trial }: RunRequest, outcome: TrialOutcome): RunOutcome {
  switch (outcome.kind) {
    case "interrupted":
      throw new Interruption();
    case "diverged":
      return { kind: "diverged", reason: outcome.reason };
    case "failed":
      throw new SteepestError(
        "unavailable",
        `${label} failed: ${outcome.reason}${outcome.log === "" ? "" : `\n${outcome.log.trimEnd()}`}`,
        "Mend what it says and run the same command again: what is complete is kept",
      );
    case "completed": {
      const { result } = outcome;
      if (result.steps === trial.steps) return { kind: "completed", result };
      throw new SteepestError(
        "misuse",
        `${label} ended after ${result.steps} steps, where ${trial.steps} are given`,
        "Make every step: on a track all runs stop at the same one",
      );
    }
  }
}
