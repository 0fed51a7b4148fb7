import { fork } from "node:child_process";
import { createRequire } from "node:module";
import type { TrialConfiguration } from "../trial/configuration.js";
import { heartbeatPeriod, type Reply, type Request, replySchema } from "./messages.js";
import type { Obstacle } from "./obstacle.js";

/** How the attempt at a trial ended, as far as the worker could tell. */
export type AttemptResult =
  | { readonly kind: "finished" | "interrupted" }
  | {
      readonly kind: "failed";
      readonly reason: string;
      readonly log: string;
      readonly obstacle?: Obstacle;
      /** Whether every further attempt would fail alike. */
      readonly lasting: boolean;
    };

/** What a worker may know of a failure beside its reason. */
type FailedWith = Pick<Extract<Reply, { kind: "failed" }>, "obstacle" | "lasting">;

/** One worker process. It serves one trial at a time. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  readonly alive: boolean;
  run(folder: string, trial: TrialConfiguration, onReply: (reply: Reply) => void): Promise<AttemptResult>;
  /** Lets the current trial save itself, then ends the process; kills it after `patience` seconds. */
  stop(patience: number): Promise<void>;
}

const keptLogCharacters = 4000;

/** Named through the package's exports, so that tests of the sources start the built worker. */
const entry = () => createRequire(import.meta.url).resolve("@steepest/bench/worker");

/**
 * One thread a trial, garbage collection too: V8's helpers would take their time from the trials beside it,
 * and freeing what a step leaves behind costs a quarter more where threads do it at once.
 */
const nodeOptions = ["--single-threaded-gc"];

/** Starts a worker that is killed when it shows no sign of life for `hangSeconds`. */
export function startWorker(hangSeconds: number): WorkerProcess {
  const child = fork(entry(), [], { execArgv: nodeOptions, stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let log = "";
  let alive = true;
  let hung = false;
  let lastSign = performance.now();
  let onReply: (reply: Reply) => void = () => undefined;
  let onEnd: (reason: string) => void = () => undefined;
  let markEnded: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    markEnded = resolve;
  });

  child.stderr?.on("data", (data: Buffer) => {
    log = (log + data.toString()).slice(-keptLogCharacters);
  });
  child.on("message", (message) => {
    lastSign = performance.now();
    onReply(replySchema.parse(message));
  });
  // A request to a dying worker fails in the channel; the exit tells what matters.
  child.on("error", () => undefined);
  const watch = setInterval(
    () => {
      if (performance.now() - lastSign <= hangSeconds * 1000) return;
      hung = true;
      child.kill("SIGKILL");
    },
    Math.min(heartbeatPeriod, hangSeconds * 250),
  );
  child.once("close", (code, signal) => {
    alive = false;
    clearInterval(watch);
    markEnded();
    if (hung) onEnd(`the worker hung for ${hangSeconds} s and was killed`);
    else onEnd(`the worker ended ${signal === null ? `with exit code ${code}` : `by ${signal}`}`);
  });

  const request = (message: Request) => {
    if (child.connected) child.send(message);
  };
  return {
    pid: child.pid,
    get alive() {
      return alive;
    },
    run(folder, trial, report) {
      return new Promise((resolve) => {
        const failed = (reason: string, { obstacle, lasting = false }: FailedWith = {}) =>
          resolve({
            ...{ kind: "failed", reason, log, lasting },
            ...(obstacle === undefined ? {} : { obstacle }),
          });
        if (!alive) return failed("the worker ended before it was given the trial");
        onEnd = failed;
        onReply = (reply) => {
          if (reply.kind === "finished" || reply.kind === "interrupted") resolve({ kind: reply.kind });
          else if (reply.kind === "failed") failed(reply.reason, reply);
          else report(reply);
        };
        request({ kind: "run", folder, trial });
      });
    },
    async stop(patience) {
      request({ kind: "stop" });
      const kill = setTimeout(() => child.kill("SIGKILL"), patience * 1000);
      await ended;
      clearTimeout(kill);
    },
  };
}
