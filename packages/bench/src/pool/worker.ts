import { metricOf } from "@steepest/workloads";
import { sharedWorkloads } from "../trial/sharedWorkloads.js";
import { runTrial } from "../trial/trial.js";
import { heartbeatPeriod, type Reply, type Request, requestSchema } from "./messages.js";
import { isLasting, obstacleOf } from "./obstacle.js";

/**
 * The process of one worker: runs the trials that the pool sends, one after the other, and loads each data
 * set once. It saves and ends when told to stop, and ends at once when the pool is gone: no orphan goes on
 * computing.
 */
const stopping = new AbortController();
const workloadOf = sharedWorkloads();

const send = (reply: Reply): void => {
  if (process.connected) process.send?.(reply);
};

async function run({ folder, trial }: Extract<Request, { kind: "run" }>): Promise<void> {
  try {
    const workload = workloadOf(trial.workload);
    const measurements = runTrial(folder, trial, { workload, signal: stopping.signal });
    for (;;) {
      const { value, done } = await measurements.next();
      if (done) {
        send({ kind: value.kind === "interrupted" ? "interrupted" : "finished" });
        break;
      }
      if (value.kind === "notice") send({ kind: "notice", message: value.message });
      else if (value.kind === "evaluation") {
        const { step, validation } = value;
        const measured = metricOf(validation, workload.target.metric);
        send({ kind: "progress", step, ...(Number.isNaN(measured) ? {} : { value: measured }) });
      }
    }
  } catch (error) {
    const obstacle = obstacleOf(error);
    send({
      kind: "failed",
      reason: error instanceof Error ? error.message : String(error),
      ...(obstacle === undefined ? {} : { obstacle }),
      ...(isLasting(error) ? { lasting: true } : {}),
    });
  }
  if (stopping.signal.aborted) process.disconnect();
}

let current: Promise<void> | undefined;
setInterval(() => send({ kind: "heartbeat" }), heartbeatPeriod).unref();
process.on("message", (message) => {
  const request = requestSchema.parse(message);
  if (request.kind === "run") {
    current = run(request).finally(() => {
      current = undefined;
    });
    return;
  }
  stopping.abort();
  if (current === undefined) process.disconnect();
});
process.on("disconnect", () => process.exit());
// A terminal sends Ctrl-C to the whole group, and a scheduler its signals to every process of a job: the pool
// decides when its workers end.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
